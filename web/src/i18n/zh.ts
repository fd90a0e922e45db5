// Every text of the web app in Chinese.
import type { Messages } from './en.ts';
import { pages } from './zh-pages.ts';
import { words } from './zh-words.ts';

export const zh: Messages = { ...words, ...pages };
