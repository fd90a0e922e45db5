// The app around the pages: language, cache, toasts, routes.
import { QueryClientProvider } from '@tanstack/react-query';
import { Tooltip } from 'radix-ui';
import { useEffect, useMemo, useState } from 'react';
import { RouterProvider } from 'react-router';
import { newQueryClient } from '../api/queries.ts';
import type { Messages } from '../i18n/en.ts';
import { LANGUAGE_TAG, type Language, loadMessages, SpeechContext, storeLanguage } from '../i18n/language.ts';
import { Toasts } from '../ui/toasts.tsx';
import { makeRouter } from './routes.tsx';

export function App(props: { readonly language: Language; readonly messages: Messages }) {
  const [speech, setSpeech] = useState({ language: props.language, t: props.messages });
  const [client] = useState(newQueryClient);
  const [router] = useState(makeRouter);
  useEffect(() => {
    document.documentElement.lang = LANGUAGE_TAG[speech.language];
  }, [speech.language]);
  const value = useMemo(
    () => ({
      ...speech,
      setLanguage: (language: Language) => {
        storeLanguage(language);
        void loadMessages(language).then((t) => setSpeech({ language, t }));
      },
    }),
    [speech],
  );
  return (
    <SpeechContext value={value}>
      <QueryClientProvider client={client}>
        <Tooltip.Provider delayDuration={250}>
          <Toasts>
            <RouterProvider router={router} />
          </Toasts>
        </Tooltip.Provider>
      </QueryClientProvider>
    </SpeechContext>
  );
}
