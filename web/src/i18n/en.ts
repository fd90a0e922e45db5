// Every text of the web app in English. The other catalogues have the same keys: `Messages` is made from this one.
import { pages } from './en-pages.ts';
import { words } from './en-words.ts';

export const en = { ...words, ...pages };
export type Messages = typeof en;
