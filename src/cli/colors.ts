// Colours for people: only on a terminal that has them, so that no script ever reads an escape code.
import { stdout } from 'node:process';
import pc from 'picocolors';

/** Colours, or the plain text where standard output is no terminal, `NO_COLOR` is set or the terminal is dumb. */
export const colors = pc.createColors(stdout.isTTY === true && stdout.hasColors());
