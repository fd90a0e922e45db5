// `skills stats`: how skills and tools do, what learning cost and saved.
import type { Command } from 'commander';
import pc from 'picocolors';
import {
  learningMoney,
  openWorkStore,
  type SkillHealth,
  skillHealth,
  toolHealth,
} from '../../../learning/index.ts';
import { realWorld } from '../../../lib/index.ts';
import type { CliContext } from '../../context.ts';
import { formatCost, formatCount } from '../../render.ts';
import { type Cell, type JsonFlag, printJson, table, withLibrary } from './shared.ts';

export function addStatsCommand(skills: Command, context: CliContext): void {
  skills
    .command('stats [skill]')
    .description(
      'How often skills were used and helped, by version, model and phase; tools; what learning cost and saved.',
    )
    .option('--since <date>', 'only runs from this day on (YYYY-MM-DD)')
    .option('--json', 'print JSON')
    .action((skill: string | undefined, flags: JsonFlag & { since?: string }) =>
      withLibrary(context, ({ db, library }) => {
        openWorkStore(db, realWorld); // its tables may not be there yet
        const skillId = skill === undefined ? undefined : library.pickSkill(skill).skillId;
        const health = skillHealth(db, {
          ...(skillId === undefined ? {} : { skillId }),
          ...(flags.since === undefined ? {} : { since: flags.since }),
        });
        const tools = skill === undefined ? toolHealth(db) : [];
        const money = learningMoney(db);
        if (flags.json === true) printJson(context, toJson(health, tools, money));
        else print(health, tools, money, context);
      }),
    );
}

type Tools = ReturnType<typeof toolHealth>;
type Money = ReturnType<typeof learningMoney>;

function print(health: readonly SkillHealth[], tools: Tools, money: Money, { stdout }: CliContext): void {
  if (health.length === 0) stdout('No skill was used yet.\n');
  else
    stdout(
      table([
        head(['version', 'model', 'phase', 'uses', 'followed', 'done', 'failed', 'harmed', 'tokens']),
        ...health.map(toRow),
      ]),
    );
  const bad = tools.filter(({ quality, isBroken }) => quality < 1 || isBroken);
  if (bad.length > 0)
    stdout(
      `\n${table([
        head(['tool', 'calls', 'lately', 'quality']),
        ...bad.map(({ toolKey, calls, recentRate, quality }): Cell[] => [
          ...[toolKey, String(calls), percent(recentRate)],
          { text: quality.toFixed(2), colour: pc.red },
        ]),
      ])}`,
    );
  const spent = [`${formatCount(money.spentTokens)} tokens`, formatCost(money.spentUsd)]
    .filter(Boolean)
    .join(', ');
  stdout(
    `\nlearning cost ${spent}; compared over ${money.comparedUses} runs it saved ${formatCount(money.savedTokens)} tokens\n`,
  );
}

const head = (names: readonly string[]): Cell[] => names.map((text) => ({ text, colour: pc.dim }));
const percent = (share: number) => `${Math.round(share * 100)} %`;

function toRow(row: SkillHealth): Cell[] {
  const { versionId, model, phase, uses, applied, successes, failures, harmed, meanTokens } = row;
  const numbers = [phase, uses, applied, successes, failures, harmed].map(String);
  return [versionId, model ?? '', ...numbers, meanTokens === null ? '' : formatCount(Math.round(meanTokens))];
}

function toJson(health: readonly SkillHealth[], tools: Tools, money: Money) {
  return {
    skills: health.map((row) => ({
      ...{
        skill_id: row.skillId,
        version_id: row.versionId,
        model: row.model,
        phase: row.phase,
        uses: row.uses,
      },
      ...{ applied: row.applied, successes: row.successes, failures: row.failures, harmed: row.harmed },
      ...{ mean_tokens: row.meanTokens, last_used_at: row.lastUsedAt },
    })),
    tools: tools.map((tool) => ({
      ...{ tool_key: tool.toolKey, calls: tool.calls, recent_rate: tool.recentRate, quality: tool.quality },
      ...{ failures_in_a_row: tool.failuresInARow, is_broken: tool.isBroken, last_error: tool.lastError },
    })),
    learning: {
      ...{ spent_tokens: money.spentTokens, spent_usd: money.spentUsd, saved_tokens: money.savedTokens },
      ...{ compared_runs: money.comparedUses },
    },
  };
}
