// Editing a skill: the text, what lint and safety say while it is typed, and the commit.
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { ResponseOf, Skill } from '../../../../src/serve/api/contract.ts';
import { SKILL_READS, useAction, useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useMessages } from '../../i18n/language.ts';
import { Choice } from '../../ui/fields.tsx';
import { Findings } from '../../ui/findings.tsx';
import { Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { useFailureToast, useToast } from '../../ui/toasts.tsx';

const MAIN_FILE = 'SKILL.md';
/** Typing must have paused for this long before the text is checked. */
const PAUSE_MS = 500;

export function EditPage() {
  const { id = '' } = useParams();
  const t = useMessages();
  const skill = useRoute('skill', { id });
  return (
    <Page
      title={t.edit.title(skill.data?.name ?? '')}
      above={
        <nav className="crumbs" aria-label={t.nav.crumbs}>
          <Link to={paths.skills()}>{t.nav.skills}</Link> /{' '}
          <Link to={paths.skill(id)}>{skill.data?.name ?? '…'}</Link>
        </nav>
      }
    >
      <Loaded query={skill} lines={10}>
        {/* What is edited stays what was opened: a later version must not replace the text under the cursor. */}
        {(data) => <Editor key={id} opened={data} />}
      </Loaded>
    </Page>
  );
}

type Files = Readonly<Record<string, string>>;

function Editor({ opened }: { readonly opened: Skill }) {
  const t = useMessages();
  const [skill] = useState(opened);
  const [path, setPath] = useState(MAIN_FILE);
  const [edits, setEdits] = useState<Files>({});
  const [reason, setReason] = useState('');
  const file = useRoute(
    'skillFile',
    { id: skill.skill_id, query: { path, version: skill.version_id } },
    { enabled: path !== MAIN_FILE },
  );
  const original = path === MAIN_FILE ? skill.text : file.data?.text;
  const check = useCheck(skill, edits);
  const save = useSave(skill, edits, reason);
  const hasEdits = Object.keys(edits).length > 0;
  useWarnBeforeLeaving(hasEdits && !save.isSuccess);
  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault();
        save.start();
      }}
    >
      <div className="toolbar">
        <Choice
          label={t.blame.file}
          value={path}
          options={skill.files
            .filter((item) => item.is_text)
            .map((item) => ({ value: item.path, text: item.path in edits ? `${item.path} •` : item.path }))}
          onChange={(next) => setPath(next === '' ? MAIN_FILE : next)}
        />
      </div>
      <div className="with-side">
        <div className="with-side-main">
          <textarea
            className="editor-text"
            aria-label={path}
            spellCheck={false}
            value={edits[path] ?? original ?? ''}
            disabled={original === undefined || original === null}
            onChange={(event) =>
              setEdits((before) => withEdit(before, path, event.target.value, original ?? ''))
            }
          />
        </div>
        <div className="side">
          <CheckResult check={check} hasEdits={hasEdits} />
          <label className="field">
            <span>{t.edit.reason}</span>
            <input
              type="text"
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
          <div className="actions">
            <button
              type="submit"
              className="button primary"
              disabled={!hasEdits || save.isPending || check?.ok === false}
            >
              {t.edit.save}
            </button>
            <Link className="button quiet" to={paths.skill(skill.skill_id)}>
              {t.actions.cancel}
            </Link>
          </div>
        </div>
      </div>
    </form>
  );
}

/** A text that is as it was is no edit. */
function withEdit(before: Files, path: string, text: string, original: string): Files {
  const { [path]: _, ...others } = before;
  return text === original ? others : { ...others, [path]: text };
}

type Report = ResponseOf<'edit'>;

function useCheck(skill: Skill, edits: Files): Report | undefined {
  const check = useAction('edit', []);
  const { mutate, reset } = check;
  useEffect(() => {
    if (Object.keys(edits).length === 0) {
      reset();
      return;
    }
    const timer = setTimeout(
      () => mutate({ id: skill.skill_id, body: { files: edits, head: skill.head, dry_run: true } }),
      PAUSE_MS,
    );
    return () => clearTimeout(timer);
  }, [edits, skill, mutate, reset]);
  return check.data;
}

function useSave(skill: Skill, edits: Files, reason: string) {
  const t = useMessages();
  const tell = useToast();
  const onError = useFailureToast();
  const navigate = useNavigate();
  const save = useAction('edit', SKILL_READS);
  const start = () =>
    save.mutate(
      { id: skill.skill_id, body: { files: edits, head: skill.head, reason } },
      {
        onError,
        onSuccess: (report) => {
          if (!report.ok) return tell({ text: t.commitReason[report.reason ?? 'invalid'], tone: 'bad' });
          tell({ text: t.edit.saved(report.skill.version_number), tone: 'good' });
          return navigate(paths.skill(skill.skill_id));
        },
      },
    );
  return { start, isPending: save.isPending, isSuccess: save.data?.ok === true };
}

function CheckResult({
  check,
  hasEdits,
}: {
  readonly check: Report | undefined;
  readonly hasEdits: boolean;
}) {
  const t = useMessages();
  return (
    <div role="status" className="check">
      {!hasEdits || check === undefined ? (
        <p className="quiet-text">{hasEdits ? t.edit.checking : t.edit.noEdits}</p>
      ) : (
        <>
          <p className={check.ok ? 'notice notice-good' : 'notice notice-bad'}>
            {check.ok ? t.edit.fine : t.commitReason[check.reason ?? 'invalid']}
          </p>
          <Findings findings={check.findings} />
        </>
      )}
    </div>
  );
}

function useWarnBeforeLeaving(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [isUnsaved]);
}
