/** The default model. It has its own file so that the command line can show it without loading anything else. */
export const defaultModel = 'efficientnet-lite';
