// Beside the timeline: which skills and why, files changed, analysis, tools, attempts.
import { ChevronRight } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import type { Run } from '../../../../src/serve/api/contract.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge } from '../../ui/badges.tsx';
import { Facts, Section } from '../../ui/page.tsx';
import { Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

const DiffView = lazy(() => import('../../ui/diff-view.tsx'));

interface Props {
  readonly run: Run;
}

export function RunSide({ run }: Props) {
  const t = useMessages();
  return (
    <div className="side">
      <Choice run={run} />
      <Files run={run} />
      <Analysis run={run} />
      <Tools run={run} />
      {run.workspace === null ? null : (
        <Section title={t.skill.facts}>
          <Facts
            items={[
              [
                t.run.workspace,
                <span key="workspace" className="path">
                  {run.workspace}
                </span>,
              ],
              [
                t.run.id,
                <span key="id" className="path">
                  {run.run_id}
                </span>,
              ],
            ]}
          />
        </Section>
      )}
    </div>
  );
}

function Choice({ run }: Props) {
  const t = useMessages();
  const formats = useFormats();
  const { choice } = run;
  return (
    <Section title={t.run.choice}>
      {choice === null ? (
        <p className="quiet-text">{t.run.choiceUnknown}</p>
      ) : (
        <>
          <p>
            {t.run.choiceHow[choice.how]}
            {choice.reason === '' ? null : <span className="meta block">{choice.reason}</span>}
          </p>
          <ol className="candidates">
            {choice.considered.map((skill) => (
              <li key={skill.version_id} className={skill.picked ? 'is-picked' : ''}>
                <span className="candidate-head">
                  <Link to={paths.skill(skill.skill_id)}>
                    <bdi>{skill.name}</bdi>
                  </Link>
                  {skill.picked ? <Badge tone="good">{t.run.picked}</Badge> : null}
                  <span className="candidate-score">
                    {skill.score === null ? '' : formats.decimal(skill.score)}
                  </span>
                </span>
                <span className="meta block">{skill.reason}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Section>
  );
}

function Files({ run }: Props) {
  const t = useMessages();
  const attempts = run.attempts.filter((attempt) => attempt.changes.length + attempt.left.length > 0);
  if (attempts.length === 0) return null;
  return (
    <Section title={t.run.files}>
      {attempts.map((attempt) => (
        <div key={attempt.attempt}>
          {attempt.applied === false ? <p className="notice">{t.run.dropped(attempt.attempt)}</p> : null}
          {attempt.changes.map((change) => (
            <details key={change.path} className="file-change">
              <summary>
                <ChevronRight aria-hidden size={14} className="chevron" />
                <span className="path">{change.path}</span>
                <span className="meta">{t.fileChange[change.change]}</span>
              </summary>
              <Suspense fallback={<Loading />}>
                <DiffView diff={change.diff} canSplit={false} />
              </Suspense>
            </details>
          ))}
          {attempt.left.map((left) => (
            <p key={left.path} className="notice">
              <span className="path">{left.path}</span> {left.reason}
            </p>
          ))}
        </div>
      ))}
    </Section>
  );
}

function Analysis({ run }: Props) {
  const t = useMessages();
  const { analysis } = run;
  return (
    <Section title={t.run.analysis}>
      {analysis === null ? (
        <p className="quiet-text">{t.run.noAnalysis}</p>
      ) : (
        <>
          <p>
            <Badge tone={analysis.task_done ? 'good' : 'warn'}>
              {analysis.task_done ? t.run.taskDone : t.run.taskNotDone}
            </Badge>{' '}
            {analysis.note}
          </p>
          <ul className="plain-list">
            {analysis.judgments.map((judgment) => (
              <li key={judgment.version_id}>
                {judgment.skill_id === null ? (
                  <bdi>{judgment.name}</bdi>
                ) : (
                  <Link to={paths.skill(judgment.skill_id)}>
                    <bdi>{judgment.name}</bdi>
                  </Link>
                )}{' '}
                <Badge tone={judgment.applied ? 'good' : 'plain'}>
                  {judgment.applied ? t.uses.applied : t.uses.ignored}
                </Badge>
                <span className="meta block">{judgment.note}</span>
              </li>
            ))}
            {analysis.tool_issues.map((issue) => (
              <li key={issue}>{issue}</li>
            ))}
            {analysis.suggestions.map((suggestion) => (
              <li key={`${suggestion.kind} ${suggestion.direction}`}>
                <Badge tone="info">{t.suggestionKind[suggestion.kind] ?? suggestion.kind}</Badge>{' '}
                {suggestion.direction}
                {suggestion.reason === null ? null : <span className="meta block">{suggestion.reason}</span>}
              </li>
            ))}
          </ul>
          {run.proposals.map((id) => (
            <p key={id}>
              <Link to={paths.review(id)}>{t.run.proposal}</Link>
            </p>
          ))}
          <p className="meta">
            {analysis.analyzed_by} · <Time at={analysis.analyzed_at} />
          </p>
        </>
      )}
    </Section>
  );
}

function Tools({ run }: Props) {
  const t = useMessages();
  const formats = useFormats();
  if (run.tools.length === 0) return null;
  return (
    <Section title={t.run.tools}>
      <table className="table small-table">
        <thead>
          <tr>
            <th scope="col">{t.run.tool}</th>
            <th scope="col" className="number">
              {t.run.calls}
            </th>
            <th scope="col" className="number">
              {t.run.errors}
            </th>
            <th scope="col" className="number">
              {t.run.took}
            </th>
          </tr>
        </thead>
        <tbody>
          {run.tools.map((tool) => (
            <tr key={`${tool.source} ${tool.name}`}>
              <td>
                <code>{tool.name}</code>
              </td>
              <td className="number">{formats.whole(tool.calls)}</td>
              <td className="number">{tool.errors === 0 ? '–' : formats.whole(tool.errors)}</td>
              <td className="number">{formats.span(tool.took_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
