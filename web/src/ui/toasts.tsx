// Short notes on what an action did; read out by screen readers, gone by themselves.
import { Toast } from 'radix-ui';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { useMessages } from '../i18n/language.ts';

export interface ToastNote {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
  readonly link?: { readonly to: string; readonly text: string };
}

type Tell = (note: ToastNote) => void;
const ToastContext = createContext<Tell>(() => undefined);
export const useToast = (): Tell => useContext(ToastContext);

/** More would cover the page. */
const MOST = 4;
const SHOWN_MS = 7_000;

export function Toasts({ children }: { readonly children: ReactNode }) {
  const t = useMessages();
  const [notes, setNotes] = useState<readonly (ToastNote & { readonly key: number })[]>([]);
  const tell = useCallback((note: ToastNote) => {
    setNotes((before) => [...before.slice(1 - MOST), { ...note, key: (before.at(-1)?.key ?? 0) + 1 }]);
  }, []);
  const drop = (key: number) => setNotes((before) => before.filter((note) => note.key !== key));
  return (
    <ToastContext value={tell}>
      <Toast.Provider label={t.toasts.label} duration={SHOWN_MS}>
        {children}
        {notes.map((note) => (
          <Toast.Root
            key={note.key}
            className={`toast toast-${note.tone}`}
            onOpenChange={(open) => {
              if (!open) drop(note.key);
            }}
          >
            <Toast.Description>{note.text}</Toast.Description>
            {note.link ? (
              <Toast.Action altText={note.link.text} asChild>
                <a href={note.link.to}>{note.link.text}</a>
              </Toast.Action>
            ) : null}
            <Toast.Close aria-label={t.toasts.close}>×</Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport className="toasts" />
      </Toast.Provider>
    </ToastContext>
  );
}

/** Tells how an action failed. */
export function useFailureToast(): (error: Error) => void {
  const tell = useToast();
  return (error) => tell({ text: error.message, tone: 'bad' });
}
