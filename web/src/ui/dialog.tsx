// A dialog: the browser's own element, which keeps the focus inside, closes on Escape and hides the rest.
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useMessages } from '../i18n/language.ts';

interface Props {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, isOpen, onClose, children }: Props) {
  const t = useMessages();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open === isOpen) return;
    if (isOpen) element.showModal();
    else element.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      {isOpen ? (
        <>
          <div className="dialog-head">
            <h2 id={id}>{title}</h2>
            <button type="button" className="icon-button" aria-label={t.actions.close} onClick={onClose}>
              ×
            </button>
          </div>
          {children}
        </>
      ) : null}
    </dialog>
  );
}

/** Asks before doing something; the answer is given by the form's own button. */
export function ConfirmDialog(props: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly isOpen: boolean;
  readonly isBusy?: boolean;
  readonly tone?: 'bad';
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  const t = useMessages();
  return (
    <Dialog title={props.title} isOpen={props.isOpen} onClose={props.onClose}>
      <p>{props.text}</p>
      <div className="dialog-foot">
        <button type="button" className="button quiet" onClick={props.onClose}>
          {t.actions.cancel}
        </button>
        <button
          type="button"
          className={`button ${props.tone === 'bad' ? 'danger' : 'primary'}`}
          disabled={props.isBusy ?? false}
          onClick={props.onConfirm}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}
