/**
 * Leaves out the source maps, which take 0.2 s in each of ava's 280 processes: errors then name lines of `dist`. `./run test`
 * asks for this, a plain `npx ava` does not.
 */
'use strict';

if (process.env.CHROMAFEED_PLAIN_STACKS === '1') process.setSourceMapsEnabled(false);
