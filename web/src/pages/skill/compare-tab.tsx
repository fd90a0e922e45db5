// What differs between any two versions; which two is in the address.
import { ArrowLeftRight } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { ResponseOf, Skill, Version } from '../../../../src/serve/api/contract.ts';
import { useRoute } from '../../api/queries.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Choice } from '../../ui/fields.tsx';
import { EmptyState, Loaded, Loading } from '../../ui/states.tsx';
import { RestoreDialog } from './restore-dialog.tsx';

const DiffView = lazy(() => import('../../ui/diff-view.tsx'));
const MOST_VERSIONS = 500;

export function CompareTab({ skill }: { readonly skill: Skill }) {
  const versions = useRoute('skillVersions', { id: skill.skill_id, query: { limit: MOST_VERSIONS } });
  return <Loaded query={versions}>{(page) => <Compare skill={skill} versions={page.items} />}</Loaded>;
}

function Compare({ skill, versions }: { readonly skill: Skill; readonly versions: readonly Version[] }) {
  const t = useMessages();
  const [params, setParams] = useSearchParams();
  const after = params.get('after') ?? skill.version_id;
  const parents = versions.find((version) => version.version_id === after)?.parents;
  const before = params.get('before') ?? parents?.[0] ?? null;
  const show = (next: { before: string | null; after: string }) =>
    setParams(
      { ...(next.before === null ? {} : { before: next.before }), after: next.after },
      { replace: true, preventScrollReset: true },
    );
  if (before === null)
    return (
      <EmptyState title={t.compare.single}>
        <p>{t.compare.singleText}</p>
      </EmptyState>
    );
  const options = optionsOf(versions, [before, after], t.skills.version);
  return (
    <>
      <div className="toolbar compare-bar">
        <Choice
          label={t.compare.before}
          value={before}
          options={options}
          onChange={(next) => show({ before: next === '' ? before : next, after })}
        />
        <button
          type="button"
          className="icon-button"
          aria-label={t.compare.swap}
          title={t.compare.swap}
          onClick={() => show({ before: after, after: before })}
        >
          <ArrowLeftRight aria-hidden size={16} />
        </button>
        <Choice
          label={t.compare.after}
          value={after}
          options={options}
          onChange={(next) => show({ before, after: next === '' ? after : next })}
        />
      </div>
      <Difference skill={skill} before={before} after={after} versions={versions} />
    </>
  );
}

/** Versions of other skills, which a lineage leads to, are offered by their id. */
function optionsOf(
  versions: readonly Version[],
  chosen: readonly string[],
  name: (number: number) => string,
) {
  const known = versions.map((version) => ({
    value: version.version_id,
    text: `${name(version.number)} · ${version.created_at.slice(0, 10)} · ${shorten(version.reason || version.origin)}`,
  }));
  const foreign = chosen
    .filter((id) => !versions.some((version) => version.version_id === id))
    .map((id) => ({ value: id, text: id }));
  return [...known, ...foreign];
}

const shorten = (text: string): string => (text.length > 48 ? `${text.slice(0, 47)}…` : text);

function Difference(props: {
  readonly skill: Skill;
  readonly before: string;
  readonly after: string;
  readonly versions: readonly Version[];
}) {
  const { skill, before, after, versions } = props;
  const diff = useRoute('skillDiff', { id: skill.skill_id, query: { before, after } }, { keep: true });
  return (
    <Loaded query={diff} lines={10}>
      {(data) => <DifferenceText skill={skill} data={data} versions={versions} />}
    </Loaded>
  );
}

function DifferenceText(props: {
  readonly skill: Skill;
  readonly data: ResponseOf<'skillDiff'>;
  readonly versions: readonly Version[];
}) {
  const t = useMessages();
  const formats = useFormats();
  const { skill, data, versions } = props;
  const [isRestoring, setRestoring] = useState(false);
  const old = versions.find((version) => version.version_id === data.before);
  return (
    <>
      <p className="count">
        <span className="diff-added">+{formats.whole(data.added_lines)}</span>{' '}
        <span className="diff-removed">−{formats.whole(data.removed_lines)}</span> {t.compare.lines}
        {old && !old.is_head ? (
          <button type="button" className="button quiet small" onClick={() => setRestoring(true)}>
            {t.actions.restoreNumber(old.number)}
          </button>
        ) : null}
      </p>
      <Suspense fallback={<Loading lines={10} />}>
        <DiffView diff={data.diff} />
      </Suspense>
      {old ? (
        <RestoreDialog skill={skill} version={old} isOpen={isRestoring} onClose={() => setRestoring(false)} />
      ) : null}
    </>
  );
}
