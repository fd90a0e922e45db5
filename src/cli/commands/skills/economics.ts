// `skills stats` and `skills consolidate`: what skills are worth, and how to need fewer of them.
import type { Command } from 'commander';
import type { LibraryHandles } from '../../../engine/index.ts';
import {
  applyProposal,
  noStats,
  type Proposal,
  proposeConsolidation,
  type Saving,
  type Share,
  type SkillStats,
  skillStats,
  undoConsolidation,
} from '../../../learning/index.ts';
import { OpenSpaceError, oneLine, plural } from '../../../lib/index.ts';
import { allSkills, type Library, type Skill } from '../../../skills/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';
import { AUTHOR, type Cell, type JsonFlag, printJson, table, withLibrary } from './shared.ts';

interface ConsolidateFlags extends JsonFlag {
  readonly target?: string;
  readonly apply?: boolean;
  readonly yes?: boolean;
  readonly undo?: boolean;
}

export function addEconomicsCommands(skills: Command, context: CliContext): void {
  skills
    .command('stats [skill]')
    .description(
      'What each skill is worth: use, success with and without it, tokens and time saved, cost to learn.',
    )
    .option('-a, --all', 'also skills that no run considered')
    .option('--json', 'print JSON')
    .action((name: string | undefined, flags: { all?: boolean } & JsonFlag) =>
      withLibrary(context, (handles) => showStats(handles, name, flags, context)),
    );
  skills
    .command('consolidate [proposals...]')
    .description(
      'Propose merges of like skills, and archives and shrinks of others, with the evidence for each.',
    )
    .option('--target <n>', 'come down to so many skills: joins less alike ones too')
    .option('--apply', 'carry proposals out (all, or those named by id), asking for each')
    .option('-y, --yes', 'with --apply: do not ask')
    .option('--undo', 'take back what was carried out (all, or those named by id)')
    .option('--json', 'print JSON')
    .action((ids: string[], flags: ConsolidateFlags) =>
      withLibrary(context, (handles) =>
        flags.undo === true
          ? takeBack(handles.library, ids, flags, context)
          : consolidate(handles, ids, flags, context),
      ),
    );
}

function showStats(
  { library, db }: LibraryHandles,
  name: string | undefined,
  flags: { all?: boolean } & JsonFlag,
  context: CliContext,
): void {
  const all = skillStats(db);
  const skills = name === undefined ? [...allSkills(library)] : [library.pickSkill(name)];
  const rows = skills
    .map((skill) => ({ skill, stats: all.get(skill.skillId) ?? noStats(skill.skillId) }))
    .filter(
      ({ stats }) => flags.all === true || name !== undefined || flags.json === true || stats.offered > 0,
    )
    .sort((a, b) => b.stats.chosen - a.stats.chosen || b.stats.offered - a.stats.offered);
  if (flags.json) {
    printJson(
      context,
      rows.map(({ skill, stats }) => ({ ...statsToJson(stats), name: skill.name })),
    );
    return;
  }
  const head = [
    'skill',
    'offered',
    'chosen',
    'applied',
    'done with',
    'done without',
    'tokens saved',
    's saved',
    'learnt for',
  ];
  const dim = (text: string): Cell => ({ text, colour: pc.dim });
  context.stdout(table([head.map(dim), ...rows.map(({ skill, stats }) => statsRow(skill, stats))]));
  const never = skills.filter(({ skillId }) => (all.get(skillId)?.chosen ?? 0) === 0).length;
  context.stderr(
    pc.dim(
      `${plural(skills.length, 'skill')}, ${never} never chosen. In brackets: 95 % intervals; -: too few runs to tell. "Without": runs that were offered it and went without.\n`,
    ),
  );
}

function statsRow(skill: Skill, stats: SkillStats): Cell[] {
  return [
    oneLine(skill.name, 44),
    ...[stats.offered, stats.chosen, stats.applied].map(String),
    ...[shareText(stats.withIt), shareText(stats.without)],
    ...[savingText(stats.tokensSaved, 1), savingText(stats.msSaved, 1_000)],
    `${stats.learningTokens} tokens`,
  ];
}

function shareText({ rate, low, high }: Share): string {
  const round = (value: number) => Math.round(value * 100);
  return rate === null ? '-' : `${round(rate)}% [${round(low)}, ${round(high)}]`;
}

function savingText(saving: Saving | undefined, unit: number): string {
  if (saving === undefined) return '-';
  const round = (value: number) => Math.round(value / unit);
  return `${round(saving.mean)} [${round(saving.low)}, ${round(saving.high)}]`;
}

function statsToJson(stats: SkillStats) {
  const share = ({ runs, successes, rate, low, high }: Share) => ({ runs, successes, rate, low, high });
  const saving = (value: Saving | undefined) =>
    value === undefined
      ? null
      : {
          ...{ mean: value.mean, low: value.low, high: value.high },
          ...{ runs_with: value.runsWith, runs_without: value.runsWithout },
        };
  return {
    ...{ skill_id: stats.skillId, offered: stats.offered, chosen: stats.chosen },
    ...{ judged: stats.judged, applied: stats.applied },
    ...{ success_with: share(stats.withIt), success_without: share(stats.without) },
    ...{ tokens_saved: saving(stats.tokensSaved), ms_saved: saving(stats.msSaved) },
    ...{ learning_tokens: stats.learningTokens, last_used_at: stats.lastUsedAt ?? null },
  };
}

async function consolidate(
  { library, db }: LibraryHandles,
  ids: readonly string[],
  flags: ConsolidateFlags,
  context: CliContext,
): Promise<void> {
  const target = flags.target === undefined ? {} : { target: wholeNumber(flags.target) };
  if (flags.apply && !flags.yes && !context.canAsk)
    throw new OpenSpaceError('usage', 'Nobody can be asked here, and nothing is changed unasked.', {
      hint: 'Look at the proposals first, then: openspace skills consolidate --apply --yes',
    });
  const all = proposeConsolidation({ library, db }, target);
  const unknown = ids.find((id) => !all.some((proposal) => proposal.id === id));
  if (unknown !== undefined)
    throw new OpenSpaceError('not-found', `There is no proposal ${unknown}.`, {
      hint: 'A proposal ends when one of its skills changes. See what is proposed now: openspace skills consolidate',
    });
  const proposals = all.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const results = flags.apply ? await carryOut(library, proposals, flags, context) : undefined;
  if (flags.json) {
    printJson(
      context,
      proposals.map((proposal) => proposalToJson(proposal, results?.get(proposal.id))),
    );
    return;
  }
  if (results === undefined) for (const proposal of proposals) context.stdout(describe(proposal));
  const usable = library.count().usable;
  if (results !== undefined) {
    const done = [...results.values()].filter((text) => text === 'applied').length;
    context.stderr(
      `${done} of ${plural(proposals.length, 'proposal')} carried out, ${plural(usable, 'usable skill')} now. To take them back: openspace skills consolidate --undo\n`,
    );
  } else if (proposals.length === 0) context.stderr(`Nothing to propose for ${plural(usable, 'skill')}.\n`);
  else
    context.stderr(
      pc.dim(
        `${plural(proposals.length, 'proposal')}; nothing was changed. To carry them out: openspace skills consolidate --apply\n`,
      ),
    );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new OpenSpaceError('usage', `--target ${text} is not a whole number from 1 on.`);
}

/** What became of each: `applied`, `declined`, or why not. */
async function carryOut(
  library: Library,
  proposals: readonly Proposal[],
  flags: ConsolidateFlags,
  context: CliContext,
): Promise<ReadonlyMap<string, string>> {
  const results = new Map<string, string>();
  for (const proposal of proposals) {
    if (context.signal.aborted) break;
    const question = { tool: 'skills', action: titleOf(proposal), reason: proposal.evidence.join('; ') };
    const answer = flags.yes ? true : await context.ask(question);
    if (answer !== true && answer !== 'always') {
      results.set(proposal.id, 'declined');
      continue;
    }
    const result = await applyProposal(library, proposal, AUTHOR);
    results.set(proposal.id, result.ok ? 'applied' : result.reason);
    if (!result.ok) context.stderr(`${pc.yellow('left alone:')} ${titleOf(proposal)}: ${result.reason}\n`);
    else if (!flags.json) context.stdout(`${titleOf(proposal)}\n`);
  }
  return results;
}

function titleOf(proposal: Proposal): string {
  const [first, ...others] = proposal.skills.map(({ name }) => name);
  switch (proposal.kind) {
    case 'merge':
      return `Merge ${others.join(' and ')} into ${first}`;
    case 'archive':
      return `Archive ${first} (${proposal.why.replaceAll('-', ' ')})`;
    case 'shrink':
      return `Shrink ${first}`;
  }
}

function describe(proposal: Proposal): string {
  const evidence = proposal.evidence.map((line) => `  ${pc.dim(line)}\n`).join('');
  return `${pc.cyan(proposal.id)}  ${pc.bold(titleOf(proposal))}\n${evidence}`;
}

function proposalToJson(proposal: Proposal, result: string | undefined) {
  return {
    ...{ id: proposal.id, kind: proposal.kind, title: titleOf(proposal) },
    ...(proposal.kind === 'archive' ? { why: proposal.why } : {}),
    ...(proposal.kind === 'merge' ? { likeness: proposal.likeness } : {}),
    skills: proposal.skills.map(({ skillId, versionId, name }) => ({
      skill_id: skillId,
      version_id: versionId,
      name,
    })),
    ...{
      evidence: proposal.evidence,
      tokens_before: proposal.tokensBefore,
      tokens_after: proposal.tokensAfter,
    },
    ...(result === undefined ? {} : { result }),
  };
}

async function takeBack(
  library: Library,
  ids: readonly string[],
  flags: ConsolidateFlags,
  context: CliContext,
): Promise<void> {
  const { undone, left } = await undoConsolidation(library, AUTHOR, ids.length === 0 ? undefined : ids);
  if (flags.json) {
    printJson(context, { undone, left });
    return;
  }
  for (const { name, id, reason } of left)
    context.stderr(`${pc.yellow('left alone:')} ${name} (${id}): ${reason}\n`);
  context.stderr(
    `${plural(undone.length, 'proposal')} taken back, ${plural(library.count().usable, 'usable skill')} now.\n`,
  );
}
