// What a person may do about a skill: edit, fix, pin, archive, end its quarantine, take the last change back.
import { useState } from 'react';
import { Link } from 'react-router';
import type { Skill } from '../../../../src/serve/api/contract.ts';
import { SKILL_READS, useAction, useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useMessages } from '../../i18n/language.ts';
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx';
import { ActionMenu } from '../../ui/menu.tsx';
import { useFailureToast, useToast } from '../../ui/toasts.tsx';

type Question = 'archive' | 'release' | 'undo' | 'fix' | null;

export function SkillActions({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const [asked, setAsked] = useState<Question>(null);
  const act = useSkillActions(skill);
  const isArchived = skill.standing === 'archived';
  const close = () => setAsked(null);
  const confirms = [
    { question: 'archive', onConfirm: act.archive, ...t.confirm.archive },
    { question: 'release', onConfirm: act.release, ...t.confirm.release },
    { question: 'undo', onConfirm: act.undo, ...t.confirm.undo },
  ] as const;
  return (
    <div className="actions">
      <Link className="button" to={paths.editSkill(skill.skill_id)}>
        {t.actions.edit}
      </Link>
      <button type="button" className="button" onClick={() => setAsked('fix')}>
        {t.actions.fix}
      </button>
      <ActionMenu
        label={t.actions.more}
        items={[
          { text: skill.pinned ? t.actions.unpin : t.actions.pin, onSelect: act.pin },
          ...(skill.standing === 'quarantined'
            ? [{ text: t.actions.release, onSelect: () => setAsked('release') }]
            : []),
          { text: t.actions.undo, onSelect: () => setAsked('undo'), isDisabled: skill.changes.length === 0 },
          isArchived
            ? { text: t.actions.unarchive, onSelect: act.archive }
            : { text: t.actions.archive, onSelect: () => setAsked('archive'), isDanger: true },
        ]}
      />
      {confirms.map(({ question, title, text, action, onConfirm }) => (
        <ConfirmDialog
          key={question}
          title={title}
          text={text}
          action={action}
          isOpen={asked === question}
          onClose={close}
          onConfirm={() => {
            onConfirm();
            close();
          }}
        />
      ))}
      <FixDialog skill={skill} isOpen={asked === 'fix'} onClose={close} />
    </div>
  );
}

function useSkillActions(skill: Skill) {
  const t = useMessages();
  const tell = useToast();
  const onError = useFailureToast();
  const pin = useAction('pin', SKILL_READS);
  const archive = useAction('archive', SKILL_READS);
  const release = useAction('release', SKILL_READS);
  const undo = useAction('undo', SKILL_READS);
  const id = skill.skill_id;
  const told = (text: string) => ({ onError, onSuccess: () => tell({ text, tone: 'good' as const }) });
  const isArchived = skill.standing === 'archived';
  return {
    pin: () => pin.mutate({ id, body: { on: !skill.pinned } }, told(skill.pinned ? t.did.unpin : t.did.pin)),
    archive: () =>
      archive.mutate({ id, body: { on: !isArchived } }, told(isArchived ? t.did.unarchive : t.did.archive)),
    release: () => release.mutate({ id, body: {} }, told(t.did.release)),
    undo: () => undo.mutate({ id, body: {} }, told(t.did.undo)),
  };
}

function FixDialog(props: { readonly skill: Skill; readonly isOpen: boolean; readonly onClose: () => void }) {
  const t = useMessages();
  const tell = useToast();
  const onError = useFailureToast();
  const fix = useAction('fix', []);
  const model = useRoute('about', {}).data?.model;
  const [direction, setDirection] = useState('');
  const start = () =>
    fix.mutate(
      { id: props.skill.skill_id, body: { direction: direction.trim() } },
      {
        onError,
        onSuccess: () => {
          tell({ text: t.fix.started, tone: 'good' });
          setDirection('');
          props.onClose();
        },
      },
    );
  return (
    <Dialog title={t.fix.title} isOpen={props.isOpen} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <label className="field">
          <span>{t.fix.direction}</span>
          <textarea
            rows={4}
            maxLength={4000}
            required
            value={direction}
            placeholder={t.fix.example}
            onChange={(event) => setDirection(event.target.value)}
          />
        </label>
        <p className="hint">{model === null ? t.fix.noModel : t.fix.text}</p>
        <div className="dialog-foot">
          <button type="button" className="button quiet" onClick={props.onClose}>
            {t.actions.cancel}
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={direction.trim() === '' || fix.isPending || model === null}
          >
            {t.fix.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
