/** The model that is used when none is named; a file of its own, so that the command line can say it at once. */
export const defaultModel = 'efficientnet-lite';
