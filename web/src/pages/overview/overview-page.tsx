// The overview: is the library getting better, what did it cost, what waits, what changed.
import { useState } from 'react';
import type { Overview } from '../../../../src/serve/api/contract.ts';
import { useRoute } from '../../api/queries.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Filters } from '../../ui/fields.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, Loaded } from '../../ui/states.tsx';
import { CostSection, SuccessSection } from './figures.tsx';
import { BrokenTools, Changes, RecentRuns, TopSkills, Waiting } from './lists.tsx';

const SPANS = ['7', '30', '90', '365'] as const;

export function OverviewPage() {
  const t = useMessages();
  const [days, setDays] = useState<(typeof SPANS)[number]>('30');
  const overview = useRoute('overview', { query: { days: Number(days) } }, { keep: true });
  const span = (
    <Filters
      label={t.overview.span}
      value={days}
      onChange={setDays}
      options={SPANS.map((value) => ({ value, text: t.overview.days(Number(value)) }))}
    />
  );
  return (
    <Page title={t.nav.overview} aside={span}>
      <Loaded query={overview} lines={8}>
        {(data) => (data.skills.all === 0 && data.runs.total === 0 ? <Welcome /> : <Content data={data} />)}
      </Loaded>
    </Page>
  );
}

function Welcome() {
  const t = useMessages();
  return (
    <EmptyState title={t.overview.emptyTitle}>
      <p>{t.overview.emptyText}</p>
      <pre className="commands">{'openspace "…"\nopenspace skills import <folder>\nopenspace demo'}</pre>
    </EmptyState>
  );
}

function Content({ data }: { readonly data: Overview }) {
  return (
    <>
      <Verdict data={data} />
      <div className="overview-grid">
        <div className="overview-main">
          <SuccessSection data={data} />
          <CostSection data={data} />
          <div className="overview-lists">
            <RecentRuns data={data} />
            <TopSkills data={data} />
          </div>
        </div>
        <div className="overview-side">
          <Waiting data={data} />
          <Changes data={data} />
          <BrokenTools data={data} />
        </div>
      </div>
    </>
  );
}

/** The page in two sentences, for who looks for three seconds. */
function Verdict({ data }: { readonly data: Overview }) {
  const t = useMessages();
  const formats = useFormats();
  const { with_skills: given, without_skills: bare } = data.runs;
  const library = t.overview.library(
    formats.whole(data.skills.usable),
    formats.whole(data.skills.used),
    data.skills.usable,
  );
  const compared =
    given.rate !== null && bare.rate !== null
      ? t.overview.compared(formats.percent(given.rate), formats.percent(bare.rate))
      : given.rate !== null
        ? t.overview.onlyWith(formats.percent(given.rate))
        : data.runs.success.rate !== null
          ? t.overview.onlyAll(formats.percent(data.runs.success.rate))
          : t.overview.noRuns;
  // Overlapping intervals tell nothing apart; saying so is the point of having them.
  const certain =
    given.rate === null || bare.rate === null
      ? ''
      : given.low > bare.high
        ? t.overview.better
        : given.high < bare.low
          ? t.overview.worse
          : t.overview.undecided;
  return (
    <p className="verdict">
      {library} {compared} <span className="verdict-note">{certain}</span>
    </p>
  );
}
