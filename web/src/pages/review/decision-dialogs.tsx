// The dialogs of a decision: why it is rejected, and the edited files.
import { useState } from 'react';
import { useMessages } from '../../i18n/language.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Choice } from '../../ui/fields.tsx';

export function RejectDialog(props: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onReject: (reason: string) => void;
}) {
  const t = useMessages();
  const [reason, setReason] = useState('');
  return (
    <Dialog title={t.review.rejectTitle} isOpen={props.isOpen} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onReject(reason.trim());
        }}
      >
        <label className="field">
          <span>{t.review.rejectReason}</span>
          <textarea
            rows={3}
            maxLength={1000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <p className="hint">{t.review.rejectText}</p>
        <div className="dialog-foot">
          <button type="button" className="button quiet" onClick={props.onClose}>
            {t.actions.cancel}
          </button>
          <button type="submit" className="button primary">
            {t.review.reject}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function EditProposalDialog(props: {
  readonly files: Readonly<Record<string, string>>;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onSave: (files: Record<string, string>) => void;
}) {
  const t = useMessages();
  const names = Object.keys(props.files);
  const [path, setPath] = useState(names.includes('SKILL.md') ? 'SKILL.md' : (names[0] ?? ''));
  const [edits, setEdits] = useState<Record<string, string>>({});
  return (
    <Dialog title={t.review.editTitle} isOpen={props.isOpen} onClose={props.onClose}>
      <form
        className="dialog-wide"
        onSubmit={(event) => {
          event.preventDefault();
          props.onSave(edits);
        }}
      >
        {names.length > 1 ? (
          <Choice
            label={t.blame.file}
            value={path}
            options={names.map((name) => ({ value: name, text: name in edits ? `${name} •` : name }))}
            onChange={(next) => setPath(next === '' ? path : next)}
          />
        ) : null}
        <textarea
          className="editor-text"
          aria-label={path}
          spellCheck={false}
          value={edits[path] ?? props.files[path] ?? ''}
          onChange={(event) => setEdits((before) => ({ ...before, [path]: event.target.value }))}
        />
        <div className="dialog-foot">
          <button type="button" className="button quiet" onClick={props.onClose}>
            {t.actions.cancel}
          </button>
          <button type="submit" className="button primary" disabled={Object.keys(edits).length === 0}>
            {t.edit.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
