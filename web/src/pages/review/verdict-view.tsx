// What the gate says of a proposal: reasons, problems, the review, and the replays of earlier tasks.
import { Link } from 'react-router';
import type { Proposal } from '../../../../src/serve/api/contract.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge } from '../../ui/badges.tsx';
import { Section } from '../../ui/page.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';

type Verdict = NonNullable<Proposal['verdict']>;

export function VerdictView({ verdict }: { readonly verdict: Verdict }) {
  const t = useMessages();
  return (
    <>
      <Section title={t.review.replays}>
        {verdict.replays.length === 0 ? (
          <p className="quiet-text">{t.review.noReplays}</p>
        ) : (
          <Replays verdict={verdict} />
        )}
      </Section>
      <Section title={t.review.gate}>
        <p>
          <Badge
            tone={verdict.decision === 'reject' ? 'bad' : verdict.decision === 'trial' ? 'info' : 'good'}
          >
            {t.review.decision[verdict.decision]}
          </Badge>
        </p>
        <ul className="plain-list bullets">
          {verdict.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
          {verdict.problems.map((problem) => (
            <li key={`${problem.rule} ${problem.message}`}>
              <Badge tone="warn">{t.severity.warn}</Badge> {problem.message}
              {problem.hint === null ? null : <span className="hint">{problem.hint}</span>}
            </li>
          ))}
          {verdict.missing.map((missing) => (
            <li key={missing} className="quiet-text">
              {missing}
            </li>
          ))}
        </ul>
        {verdict.review === null ? null : (
          <p>
            {t.review.reviewer[verdict.review.verdict]} {verdict.review.concerns.join(' ')}
          </p>
        )}
      </Section>
    </>
  );
}

function Replays({ verdict }: { readonly verdict: Verdict }) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <ScrollBox className="table-scroll" label={t.review.replays}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t.review.task}</th>
            <th scope="col">{t.review.arm}</th>
            <th scope="col" className="number">
              {t.review.passed}
            </th>
            <th scope="col" className="number">
              {t.run.tokensHead}
            </th>
            <th scope="col" className="number">
              {t.run.turns}
            </th>
          </tr>
        </thead>
        {verdict.replays.map((replay) => (
          <tbody key={replay.run_id}>
            {replay.arms.length === 0 ? (
              <tr>
                <td>
                  <Link to={paths.run(replay.run_id)}>
                    {replay.own ? t.review.ownTask : t.review.otherTask}
                  </Link>
                </td>
                <td colSpan={4} className="quiet-text">
                  {replay.note ?? replay.result}
                </td>
              </tr>
            ) : null}
            {replay.arms.map((arm, at) => (
              <tr key={arm.arm}>
                {at === 0 ? (
                  <th scope="rowgroup" rowSpan={replay.arms.length}>
                    <Link to={paths.run(replay.run_id)}>
                      {replay.own ? t.review.ownTask : t.review.otherTask}
                    </Link>
                    <span className="meta block">{replay.note ?? replay.result}</span>
                  </th>
                ) : null}
                <td>{t.review.arms[arm.arm]}</td>
                <td className="number">{`${arm.passed} / ${arm.runs}`}</td>
                <td className="number">{formats.short(arm.tokens)}</td>
                <td className="number">{formats.decimal(arm.turns)}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </ScrollBox>
  );
}
