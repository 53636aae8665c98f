/** The default model. It has a file of its own so that the command line can show it without loading anything else. */
export const defaultModel = 'efficientnet-lite';
