// `openspace review`: changes that learning proposes: list, show, approve, reject, edit, undo.
import { Command } from 'commander';
import { type EngineLearning, openOpenSpace } from '../../engine/index.ts';
import {
  approveReview,
  diffOfReview,
  editReview,
  type LearntChange,
  listReviews,
  pickReview,
  rejectReview,
  undoReview,
} from '../../learning/index.ts';
import { oneLine } from '../../lib/index.ts';
import { readFolder } from '../../skills/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { formatCost, formatCount } from '../render.ts';

interface JsonFlag {
  readonly json?: boolean;
}

const BY = 'user';

export function build(context: CliContext): Command {
  const review = new Command('review').description('Decide about changes that learning proposes.');
  review
    .command('list', { isDefault: true })
    .description('What waits for you; newest first.')
    .option('--all', 'what is decided, too')
    .option('--json', 'print JSON')
    .action((flags: JsonFlag & { all?: boolean }) =>
      withLearning(context, ({ deps }) => printList(listReviews(deps, flags.all === true), flags, context)),
    );
  review
    .command('show <change>')
    .description('Its diff, evidence, verdict and cost.')
    .option('--json', 'print JSON')
    .action((id: string, flags: JsonFlag) =>
      withLearning(context, ({ deps }) => printChange(pickReview(deps, id), deps, flags, context)),
    );
  review
    .command('approve <change>')
    .description('Bring it into the library, on trial.')
    .option('--trusted', 'in use at once, without a trial')
    .option('--json', 'print JSON')
    .action((id: string, flags: JsonFlag & { trusted?: boolean }) =>
      withLearning(context, async ({ deps }) => {
        const change = await approveReview(deps, id, { by: BY, trusted: flags.trusted === true });
        say(change, `is in the library as ${change.versionId ?? 'put away'}`, flags, context);
      }),
    );
  addDecisions(review, context);
  return review;
}

function addDecisions(review: Command, context: CliContext): void {
  review
    .command('reject <change>')
    .description('Turn it down; the same is not proposed again for a while.')
    .option('--reason <text>', 'why', 'turned down')
    .option('--json', 'print JSON')
    .action((id: string, flags: JsonFlag & { reason: string }) =>
      withLearning(context, ({ deps }) =>
        say(rejectReview(deps, id, { by: BY, reason: flags.reason }), 'is rejected', flags, context),
      ),
    );
  review
    .command('edit <change> <folder>')
    .description('Take the files of a folder in place of the proposed ones.')
    .option('--json', 'print JSON')
    .action((id: string, folder: string, flags: JsonFlag) =>
      withLearning(context, async ({ deps }) => {
        const { files } = readFolder(folder);
        say(await editReview(deps, id, files, BY, context.signal), 'has your files now', flags, context);
      }),
    );
  review
    .command('undo <change>')
    .description('Take a decision back: a rejected change waits again, an approved one leaves the library.')
    .option('--json', 'print JSON')
    .action((id: string, flags: JsonFlag) =>
      withLearning(context, async ({ deps }) => {
        const change = await undoReview(deps, id, BY);
        say(change, change.state === 'proposed' ? 'waits again' : 'is taken back', flags, context);
      }),
    );
}

async function withLearning(
  context: CliContext,
  body: (learning: EngineLearning) => void | Promise<void>,
): Promise<void> {
  await using openSpace = await openOpenSpace({ config: await context.loadConfig() });
  await openSpace.library().sync();
  await body(openSpace.learning());
}

function say(change: LearntChange, what: string, flags: JsonFlag, { stdout }: CliContext): void {
  stdout(
    flags.json === true ? `${JSON.stringify(toJson(change), null, 2)}\n` : `${change.changeId} ${what}.\n`,
  );
}

const STATE_COLOURS: Record<LearntChange['state'], (text: string) => string> = {
  ...{ drafted: pc.dim, proposed: pc.cyan, committed: pc.green, declined: pc.dim, rejected: pc.red },
  undone: pc.yellow,
};

function printList(changes: readonly LearntChange[], flags: JsonFlag, { stdout, columns }: CliContext): void {
  if (flags.json === true) {
    stdout(`${JSON.stringify(changes.map(toJson), null, 2)}\n`);
    return;
  }
  if (changes.length === 0) stdout('Nothing waits for you.\n');
  for (const change of changes) {
    const text = oneLine(change.summary || change.reason || change.direction, Math.max(20, columns - 48));
    stdout(
      `${pc.bold(change.changeId)}  ${change.kind.padEnd(7)}  ${STATE_COLOURS[change.state](change.state.padEnd(9))}  ${text}\n`,
    );
  }
}

function printChange(
  change: LearntChange,
  deps: EngineLearning['deps'],
  flags: JsonFlag,
  { stdout }: CliContext,
): void {
  const diff = diffOfReview(deps, change);
  if (flags.json === true) {
    stdout(`${JSON.stringify({ ...toJson(change), diff }, null, 2)}\n`);
    return;
  }
  stdout(`${pc.bold(change.changeId)}  ${change.kind}  ${STATE_COLOURS[change.state](change.state)}\n`);
  const rows: Record<string, string> = {
    ...{ why: change.direction, what: change.summary, reason: change.reason },
    parents: change.parents.join(', '),
    version: change.versionId ?? '',
    cost: [`${formatCount(change.tokens)} tokens`, formatCost(change.costUsd)].filter(Boolean).join(', '),
    verdict: change.verdict === null ? '' : [change.verdict.decision, ...change.verdict.reasons].join(' · '),
  };
  for (const [name, value] of Object.entries(rows))
    if (value !== '') stdout(`${pc.dim(name.padEnd(8))} ${value.replaceAll('\n', `\n${' '.repeat(9)}`)}\n`);
  for (const { quote, says } of change.evidence)
    stdout(
      `${pc.dim('evidence')} “${oneLine(quote, 200)}”${says === '' ? '' : `  ${pc.dim(oneLine(says, 120))}`}\n`,
    );
  if (diff !== '') stdout(`\n${colourDiff(diff)}`);
}

const colourDiff = (diff: string) =>
  diff
    .split('\n')
    .map((line) => (line.startsWith('+') ? pc.green(line) : line.startsWith('-') ? pc.red(line) : line))
    .join('\n');

function toJson(change: LearntChange) {
  return {
    change_id: change.changeId,
    kind: change.kind,
    state: change.state,
    skill_id: change.skillId,
    parents: change.parents,
    version_id: change.versionId,
    direction: change.direction,
    summary: change.summary,
    reason: change.reason,
    evidence: change.evidence,
    verdict: change.verdict,
    tokens: change.tokens,
    cost_usd: change.costUsd,
    changed_lines: change.changedLines,
    created_at: change.createdAt.toISOString(),
    decided_at: change.decidedAt?.toISOString() ?? null,
    decided_by: change.decidedBy,
  };
}
