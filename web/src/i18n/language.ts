// Which language the page speaks, and how its catalogue is loaded.
import { createContext, useContext } from 'react';
import { readStored, writeStored } from '../app/theme.ts';
import { en, type Messages } from './en.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Tag for `lang` attributes and for `Intl`. */
export const LANGUAGE_TAG: Record<Language, string> = { en: 'en', zh: 'zh-CN' };
export const LANGUAGE_NAME: Record<Language, string> = { en: 'English', zh: '中文' };

const KEY = 'openspace-language';

/** The stored choice, else the first language of the browser that there is a catalogue for. */
export function preferredLanguage(): Language {
  const stored = readStored(KEY);
  const wanted = [stored ?? '', ...navigator.languages];
  for (const tag of wanted) {
    const known = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (known) return known;
  }
  return 'en';
}

export const storeLanguage = (language: Language): void => writeStored(KEY, language);

/** English is at hand; others are fetched when they are needed. */
export async function loadMessages(language: Language): Promise<Messages> {
  if (language === 'zh') return (await import('./zh.ts')).zh;
  return en;
}

export interface Speech {
  readonly language: Language;
  readonly t: Messages;
  readonly setLanguage: (language: Language) => void;
}

export const SpeechContext = createContext<Speech>({
  language: 'en',
  t: en,
  setLanguage: () => undefined,
});

/** The catalogue of the page's language. */
export const useMessages = (): Messages => useContext(SpeechContext).t;
export const useSpeech = (): Speech => useContext(SpeechContext);
