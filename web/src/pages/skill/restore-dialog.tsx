// Asks before an earlier version is brought back, and tells what came of it.
import type { Skill } from '../../../../src/serve/api/contract.ts';
import { SKILL_READS, useAction } from '../../api/queries.ts';
import { useMessages } from '../../i18n/language.ts';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { useFailureToast, useToast } from '../../ui/toasts.tsx';

export function RestoreDialog(props: {
  readonly skill: Skill;
  readonly version: { readonly version_id: string; readonly number: number };
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const t = useMessages();
  const tell = useToast();
  const tellFailure = useFailureToast();
  const restore = useAction('restore', SKILL_READS);
  const { skill, version, onClose } = props;
  const confirm = () =>
    restore.mutate(
      { id: skill.skill_id, body: { version_id: version.version_id } },
      {
        onSuccess: (report) =>
          report.ok
            ? tell({ text: t.restore.done(version.number, report.skill.version_number), tone: 'good' })
            : tell({ text: t.commitReason[report.reason ?? 'invalid'], tone: 'bad' }),
        onError: tellFailure,
        onSettled: onClose,
      },
    );
  return (
    <ConfirmDialog
      title={t.restore.title(version.number)}
      text={t.restore.text(version.number)}
      action={t.restore.action}
      isOpen={props.isOpen}
      isBusy={restore.isPending}
      onConfirm={confirm}
      onClose={onClose}
    />
  );
}
