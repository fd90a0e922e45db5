// The overview's two charts with their figures: how tasks go, and what they and learning use.
import type { Overview } from '../../../../src/serve/api/contract.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { DayChart } from '../../ui/charts.tsx';
import { Figure, Section } from '../../ui/page.tsx';
import { ShareMark } from '../../ui/share-mark.tsx';

/** A single day has too few runs to say anything: the line shows the share of the days before it, too. */
const TRAILING_DAYS = 7;

export function SuccessSection({ data }: { readonly data: Overview }) {
  const t = useMessages();
  const formats = useFormats();
  const { days } = data;
  const trailing = (at: number) => {
    const span = days.slice(Math.max(0, at - TRAILING_DAYS + 1), at + 1);
    const runs = span.reduce((sum, day) => sum + day.runs, 0);
    return runs === 0 ? null : span.reduce((sum, day) => sum + day.done, 0) / runs;
  };
  return (
    <Section title={t.overview.isItBetter}>
      <div className="share-row">
        <ShareMark size="large" name={t.overview.withSkills} share={data.runs.with_skills} />
        <ShareMark size="large" name={t.overview.withoutSkills} share={data.runs.without_skills} />
        <ShareMark size="large" name={t.overview.now} share={data.trend.now} />
        <ShareMark size="large" name={t.overview.before} share={data.trend.before} />
      </div>
      <DayChart
        title={t.overview.runsChart}
        days={days.map((day) => day.date)}
        format={formats.whole}
        series={[
          { name: t.overview.done, tone: 'accent', valueOf: (at) => days[at]?.done ?? 0 },
          {
            name: t.overview.notDone,
            tone: 'muted',
            valueOf: (at) => (days[at]?.runs ?? 0) - (days[at]?.done ?? 0),
          },
        ]}
        share={{ name: t.overview.trailing, valueOf: trailing }}
      />
    </Section>
  );
}

export function CostSection({ data }: { readonly data: Overview }) {
  const t = useMessages();
  const formats = useFormats();
  const { days, learning, trend } = data;
  const perRun = trend.tokens_per_run_now;
  const before = trend.tokens_per_run_before;
  const change =
    perRun !== null && before !== null && before > 0
      ? t.overview.perRunBefore(
          formats.short(before),
          formats.percent(Math.abs(perRun - before) / before),
          perRun <= before,
        )
      : undefined;
  const usd = learning.spent_usd === null ? undefined : formats.money(learning.spent_usd);
  return (
    <Section title={t.overview.whatCost}>
      <dl className="figures">
        <Figure
          name={t.overview.perRun}
          value={perRun === null ? '–' : formats.short(perRun)}
          note={change}
        />
        <Figure name={t.overview.learningSpent} value={formats.short(learning.spent_tokens)} note={usd} />
        <Figure
          name={t.overview.learningSaved}
          value={learning.compared_uses === 0 ? '–' : formats.short(learning.saved_tokens)}
          note={t.overview.comparedUses(formats.whole(learning.compared_uses), learning.compared_uses)}
        />
        <Figure
          name={t.overview.queue}
          value={formats.whole(learning.jobs.pending + learning.jobs.running)}
          note={
            learning.jobs.failed > 0
              ? t.overview.jobsFailed(learning.jobs.failed)
              : (t.learningMode[learning.mode] ?? learning.mode)
          }
        />
      </dl>
      <DayChart
        title={t.overview.tokensChart}
        days={days.map((day) => day.date)}
        format={formats.short}
        series={[
          { name: t.overview.tasks, tone: 'accent', valueOf: (at) => days[at]?.tokens ?? 0 },
          { name: t.overview.learning, tone: 'info', valueOf: (at) => days[at]?.learning_tokens ?? 0 },
        ]}
      />
    </Section>
  );
}
