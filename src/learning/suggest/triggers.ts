// What asks for a change beside a single run: broken tools, falling health, harm, upkeep, a person. Pure.
import type { Suggestion } from '../suggestion.ts';

/** A skill's figures over its runs, whatever the model. */
export interface SkillFigures {
  readonly skillId: string;
  /** The version in use. */
  readonly versionId: string;
  readonly name: string;
  readonly uses: number;
  readonly applied: number;
  readonly successes: number;
  readonly failures: number;
  readonly harmed: number;
  /** Uses of the version before, and how many of them succeeded. */
  readonly before?: { readonly applied: number; readonly successes: number } | undefined;
  readonly textTokens: number;
  readonly isPinned: boolean;
}

export interface BrokenTool {
  readonly toolKey: string;
  readonly calls: number;
  readonly recentRate: number;
  readonly lastError: string | null;
  /** Versions in use that need it. */
  readonly versionIds: readonly string[];
}

export interface TriggerRules {
  /** Uses that figures must rest on. */
  readonly uses: number;
  readonly failingShare: number;
  readonly unusedShare: number;
  readonly harmful: number;
  /** Tokens from which on a skill's text is worth shortening. */
  readonly longTokens: number;
}

export const TRIGGER_RULES: TriggerRules = {
  uses: 5,
  failingShare: 0.5,
  unusedShare: 0.1,
  harmful: 2,
  longTokens: 3_000,
};

const measured = (
  kind: Suggestion['kind'],
  trigger: Suggestion['trigger'],
  targets: readonly string[],
  direction: string,
): Suggestion => ({ kind, trigger, targets, direction, category: null, evidence: [] });

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** Skills that lean on a tool which fails are told what to do without it. */
export function suggestForTools(tools: readonly BrokenTool[]): readonly Suggestion[] {
  return tools.flatMap(({ toolKey, calls, recentRate, lastError, versionIds }) =>
    versionIds.map((versionId) => {
      const error = lastError === null ? '' : ` Its last error: ${lastError.slice(0, 200)}`;
      return measured(
        'fix',
        'broken-tool',
        [versionId],
        `The tool ${toolKey} that the skill needs works in ${percent(recentRate)} of ${calls} calls. Say how its failure shows and what to do instead.${error}`,
      );
    }),
  );
}

/** Skills whose figures have become bad, or always were; each at most once. */
export function suggestForHealth(
  skills: readonly SkillFigures[],
  rules: TriggerRules = TRIGGER_RULES,
): readonly Suggestion[] {
  return skills.flatMap((skill) => {
    const { versionId, harmed, applied, successes, uses, failures } = skill;
    if (harmed >= rules.harmful && harmed > successes) {
      return skill.isPinned
        ? []
        : [
            measured(
              'retire',
              'harm',
              [versionId],
              `It did harm in ${harmed} of ${uses} runs and helped in ${successes}.`,
            ),
          ];
    }
    if (harmed >= rules.harmful)
      return [
        measured(
          'fix',
          'harm',
          [versionId],
          `It did harm in ${harmed} of ${uses} runs; find out when, and say when not to use it.`,
        ),
      ];
    if (applied >= rules.uses && failures / applied > rules.failingShare)
      return [
        measured(
          'fix',
          'health',
          [versionId],
          `It was followed in ${applied} runs, and ${percent(failures / applied)} of them failed.`,
        ),
      ];
    if (hasFallen(skill, rules))
      return [
        measured(
          'fix',
          'health',
          [versionId],
          `It helped in ${successes} of ${applied} runs; the version before helped in ${skill.before?.successes} of ${skill.before?.applied}.`,
        ),
      ];
    return upkeep(skill, rules);
  });
}

function hasFallen({ applied, successes, before }: SkillFigures, rules: TriggerRules): boolean {
  if (before === undefined || applied < rules.uses || before.applied < rules.uses) return false;
  return successes / applied < before.successes / before.applied - 0.25;
}

/** What makes a library smaller: texts that are long, and skills that nobody follows. */
function upkeep(skill: SkillFigures, rules: TriggerRules): readonly Suggestion[] {
  const { versionId, uses, applied, textTokens, isPinned } = skill;
  if (isPinned) return [];
  if (uses >= rules.uses * 2 && applied / uses <= rules.unusedShare)
    return [
      measured('retire', 'upkeep', [versionId], `It was given to ${uses} runs and followed in ${applied}.`),
    ];
  if (uses >= rules.uses && textTokens > rules.longTokens)
    return [
      measured(
        'shrink',
        'upkeep',
        [versionId],
        `Its text takes ${textTokens} tokens of every run that has it. Take out what does not help.`,
      ),
    ];
  return [];
}

/** Two skills that say the same, both in use: one is enough. */
export function suggestMerges(
  twins: readonly {
    readonly versionIds: readonly [string, string];
    readonly names: readonly [string, string];
  }[],
): readonly Suggestion[] {
  return twins.map(({ versionIds, names }) =>
    measured('merge', 'upkeep', versionIds, `${names[0]} and ${names[1]} are about the same.`),
  );
}

/** A person asks for it: no figures needed. */
export function suggestOnRequest(
  request: Pick<Suggestion, 'kind' | 'targets' | 'direction'> & {
    readonly evidence?: Suggestion['evidence'];
  },
): Suggestion {
  return { ...request, trigger: 'request', category: null, evidence: request.evidence ?? [] };
}
