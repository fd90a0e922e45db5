// `openspace demo`: the main job, played by a scripted model with real tools. No key, no network.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { loadConfig } from '../../config/index.ts';
import { DEMO_TASK, demoModel, makeDemoFolders, openOpenSpace } from '../../engine/index.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { createProgress } from '../render.ts';
import { reportToJson } from '../task-output.ts';

export function build(context: CliContext): Command {
  return new Command('demo')
    .description('See a task done by a scripted model with real tools, in a temporary folder.')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const folders = makeDemoFolders();
      try {
        await play(folders, flags.json === true, context);
      } finally {
        folders.remove();
      }
    });
}

async function play(
  folders: ReturnType<typeof makeDemoFolders>,
  json: boolean,
  context: CliContext,
): Promise<void> {
  const say = json ? () => undefined : context.stderr;
  const config = loadConfig({
    env: { PATH: context.env.PATH, OPENSPACE_HOME: folders.home },
    cwd: folders.workspace,
    userHome: folders.home,
    flags: { 'skills.dirs': [folders.skills] },
  });
  say(
    `${pc.bold('Demo.')} A scripted model plays; tools, skills and recording are real. No task of yours is run.\n\n`,
  );
  say(`${pc.dim('task  ')} ${DEMO_TASK}\n${pc.dim('file  ')} orders.csv, with amounts like 1.234,50\n\n`);
  await using openSpace = await openOpenSpace({ config, model: demoModel() });
  const progress = createProgress({
    write: context.stderr,
    style: json ? 'quiet' : context.isTerminal ? 'live' : 'plain',
    columns: context.columns,
  });
  const run = openSpace.run({ task: DEMO_TASK, purpose: 'demo', signal: context.signal });
  for await (const event of run.events) progress.show(event);
  progress.end();
  const report = await run.report;
  const file = join(folders.workspace, 'total.txt');
  const written = existsSync(file) ? readFileSync(file, 'utf8').trim() : 'nothing';
  context.exitCode = report.status === 'done' && written === '2334.40' ? EXIT.done : EXIT.notDone;
  if (json) {
    context.stdout(`${JSON.stringify({ ...reportToJson(report), scripted: true, file_content: written })}\n`);
    return;
  }
  context.stdout(`${report.answer}\n`);
  say(
    `\n${pc.dim('total.txt now holds')} ${written}${pc.dim(report.skills.length === 0 ? '' : `, thanks to the skill ${report.skills.join(', ')}`)}\n`,
  );
  say(
    `\nFor tasks of your own, set a model:  ${pc.cyan('export OPENSPACE_MODEL=openrouter/anthropic/claude-sonnet-4.5 OPENROUTER_API_KEY=…')}\n`,
  );
}
