// A whole job: read a PDF and a workbook, write a report of three pages with a chart, open it with LibreOffice.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type AgentEvent, type Message, runAgent, scriptedModel } from '../../src/agent/index.ts';
import { plainSpawner } from '../../src/lib/index.ts';
import { openToolset, readDocumentTool, todoTool, writeDocumentTool } from '../../src/tools/index.ts';
import { describeWith } from '../support/needs.ts';
import { call, temporaryFolder, toolContext } from '../support/tool-context.ts';

const signal = new AbortController().signal;
const write = writeDocumentTool();

async function office(folder: string, file: string, format: string): Promise<void> {
  const result = await plainSpawner.run({
    command: 'soffice',
    args: [
      '--headless',
      `-env:UserInstallation=file://${folder}/profile`,
      '--convert-to',
      format,
      '--outdir',
      folder,
      file,
    ],
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    timeoutMs: 240_000,
    signal,
  });
  expect(result.stdout + result.stderr).toContain('convert');
}

const textOfLast = (messages: readonly Message[]) => {
  const last = messages.at(-1);
  return last?.role === 'tool'
    ? last.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : '';
};

/** The two sources, made by LibreOffice, so that our reader meets what others write. */
async function prepare(folder: string): Promise<void> {
  const context = toolContext(folder);
  const brief =
    '# Brief\n\nThe target for the year is **60 units** in the north.\n\n---\n\n## Terms\n\nReport by quarter.\n';
  await call(write, { path: 'brief.docx', markdown: brief }, context);
  const rows = [
    ['Quarter', 'Units'],
    ['Q1', 12],
    ['Q2', 19],
    ['Q3', 7.5],
    ['Q4', 22],
    ['Total', '=SUM(B2:B5)'],
  ];
  await call(write, { path: 'raw.xlsx', sheets: [{ name: 'Units', rows }] }, context);
  await office(folder, 'brief.docx', 'pdf');
  mkdirSync(join(folder, 'computed'));
  copyFileSync(join(folder, 'raw.xlsx'), join(folder, 'computed', 'units.xlsx'));
  await office(folder, join('computed', 'units.xlsx'), 'xlsx:Calc MS Excel 2007 XML');
}

/** The figures as the workbook's text shows them. */
function figuresFrom(text: string) {
  const values = [...text.matchAll(/^\d+,(Q\d),([\d.]+)$/gm)].map(([, quarter, units]) => ({
    quarter,
    units: Number(units),
  }));
  return { values, total: Number(/^\d+,Total,([\d.]+)$/m.exec(text)?.[1]) };
}

function report(target: number, text: string): string {
  const { values, total } = figuresFrom(text);
  const chart = {
    type: 'column',
    title: 'Units by quarter',
    labels: values.map(({ quarter }) => quarter),
    series: [{ name: 'Units', values: values.map(({ units }) => units) }],
  };
  const table = values.map(({ quarter, units }) => `| ${quarter} | ${units} |`).join('\n');
  const verdict = total >= target ? 'reached' : 'missed';
  return `# Yearly report\n\nThe target of ${target} units was **${verdict}**: the total is ${total}.\n\n---\n\n## Figures\n\n| Quarter | Units |\n| --- | --- |\n${table}\n\n\`\`\`chart\n${JSON.stringify(chart)}\n\`\`\`\n\n---\n\n## Next steps\n\n1. Look into the third quarter.\n2. Keep the pace of the fourth.\n`;
}

describeWith(['libreoffice'], 'a report of three pages', () => {
  it('is made from a PDF and a workbook, and LibreOffice shows it as it was meant', {
    timeout: 600_000,
  }, async () => {
    const folder = temporaryFolder();
    await prepare(folder);
    let target = 0;
    const model = scriptedModel((request, turn) => {
      const result = textOfLast(request.messages);
      if (turn === 1) {
        const items = [
          { text: 'Read the sources', status: 'active' },
          { text: 'Write the report', status: 'open' },
        ];
        return { calls: [{ name: 'todo', args: { items } }] };
      }
      if (turn === 2) return { calls: [{ name: 'read_document', args: { path: 'brief.pdf' } }] };
      if (turn === 3) {
        target = Number(/target for the year is (\d+) units/.exec(result)?.[1]);
        return { calls: [{ name: 'read_document', args: { path: 'units.xlsx' } }] };
      }
      if (turn === 4) {
        return {
          calls: [
            { name: 'write_document', args: { path: 'report.docx', markdown: report(target, result) } },
          ],
        };
      }
      return `Wrote report.docx. ${result}`;
    });
    const events: AgentEvent[] = [];
    const toolset = openToolset({ sources: [{ tools: [readDocumentTool(), write, todoTool()] }] });
    const outcome = await runAgent(
      {
        model,
        system: 'Work.',
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'Write the report.' }] }],
        tools: toolset.tools,
        budget: { maxTurns: 8 },
        workspace: folder,
        spawner: plainSpawner,
        signal,
      },
      (event) => events.push(event),
    );
    expect(outcome).toMatchObject({ status: 'done', turns: 5 });
    expect(
      events.flatMap((event) => (event.type === 'tool-end' && event.result.isError ? [event] : [])),
    ).toEqual([]);
    const progress = events.flatMap((event) => (event.type === 'tool-progress' ? [event.text] : []));
    expect(progress[0]).toBe('▶ Read the sources\n☐ Write the report');

    await office(folder, 'report.docx', 'pdf');
    const pdf = await call(readDocumentTool(), { path: 'report.pdf' }, toolContext(folder));
    expect(pdf).toContain('3 pages');
    expect(pdf).toContain('The target of 60 units was reached: the total is 60.5.');
    // The chart was drawn: its title and labels are text on the second page.
    const second = pdf.slice(pdf.indexOf('page 2'), pdf.indexOf('page 3'));
    expect(second).toContain('Units by quarter');
    expect(second.match(/Q4/g)?.length).toBeGreaterThanOrEqual(2);
    expect(pdf.slice(pdf.indexOf('page 3'))).toMatch(/1\.\s*Look into the third quarter/);
  });

  it.each(['pptx', 'xlsx', 'docx'])(
    'a written %s file is opened without repair',
    { timeout: 600_000 },
    async (format) => {
      const folder = temporaryFolder();
      const chart = {
        type: 'line',
        title: 'Trend',
        labels: ['a', 'b'],
        series: [{ name: 'x', values: [1, 2] }],
      };
      const markdown = `# Opened\n\nText\n\n## Chart\n\n\`\`\`chart\n${JSON.stringify(chart)}\n\`\`\`\n`;
      const args =
        format === 'xlsx'
          ? {
              path: 'a.xlsx',
              sheets: [
                {
                  rows: [
                    ['Opened', 'x'],
                    ['a', 1],
                    ['b', 2],
                    ['Sum', '=SUM(B2:B3)'],
                  ],
                  charts: [chart],
                },
              ],
            }
          : { path: `a.${format}`, markdown };
      await call(write, args, toolContext(folder));
      await office(folder, `a.${format}`, 'pdf');
      const text = await call(readDocumentTool(), { path: 'a.pdf' }, toolContext(folder));
      expect(text).toContain('Opened');
      expect(text).toContain('Trend');
      if (format === 'xlsx') expect(text).toMatch(/Sum\s+3/);
    },
  );
});
