// What is written can be read again, and hostile files end in a clear answer.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine, parseCsv } from '../../src/tools/documents/csv.ts';
import { writePackage } from '../../src/tools/documents/office.ts';
import { serialDate } from '../../src/tools/documents/xlsx-read.ts';
import { readDocumentTool, writeDocumentTool } from '../../src/tools/index.ts';
import { call, temporaryFolder, toolContext } from '../support/tool-context.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const write = writeDocumentTool();
const read = readDocumentTool();
const chart = {
  type: 'column',
  title: 'Sales & more',
  labels: ['Q1', 'Q2'],
  series: [{ name: 'North', values: [12, 7.5] }],
};
const markdown = `# Report

The **north** *grew*; see [details](https://example.com/a?b=1&c=2). 中文字 & <b>.

- first
  - nested

| Region | Sum |
| --- | --- |
| North \\| East | 12 |

\`\`\`chart
${JSON.stringify(chart)}
\`\`\`

![A dot](dot.png)

1. one
2. two
`;

function workspace() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'dot.png'), PNG);
  return toolContext(folder);
}

describe('written and read again', () => {
  it('a Word document keeps headings, lists, tables, links, the chart and the picture', async () => {
    const context = workspace();
    expect(await call(write, { path: 'out/a.docx', markdown }, context)).toMatch(
      /1 table, 1 picture, 1 chart/,
    );
    const text = await call(read, { path: 'out/a.docx', pictures: true }, context);
    for (const part of [
      '# Report',
      'The north grew; see [details](https://example.com/a?b=1&c=2). 中文字 & <b>.',
      '- first\n  - nested',
      '| North \\| East | 12 |',
      '[chart (bar): Sales & more]\nNorth: Q1=12, Q2=7.5',
      '[picture: A dot]',
      '1. one\n2. two',
      '<image/png>',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('a presentation has a slide for each heading', async () => {
    const context = workspace();
    await call(
      write,
      { path: 'a.pptx', markdown: `# Cover\n\nHello\n\n## Second\n\n${markdown.slice(9)}` },
      context,
    );
    const text = await call(read, { path: 'a.pptx' }, context);
    expect(text).toContain('## Slide 1: Cover\n\nHello');
    expect(text).toContain('## Slide 2: Second');
    expect(text).toContain('North: Q1=12, Q2=7.5');
    expect(await call(read, { path: 'a.pptx', from: 1, to: 1 }, context)).toMatch(
      /Read on with the slides from 2/,
    );
  });

  it('a PDF is read by pages', async () => {
    const context = workspace();
    const long = `${markdown.replace('中文字 ', '')}\n\n---\n\n## Page two\n\n---\n\n## Page three\n`;
    expect(await call(write, { path: 'a.pdf', markdown: long }, context)).toContain('3 pages');
    const text = await call(read, { path: 'a.pdf', to: 2 }, context);
    expect(text).toContain('The north grew; see details.');
    expect(text).toContain('Page two');
    expect(text).not.toContain('Page three');
    expect(text).toContain('Read on with the pages from 3');
    expect(await call(read, { path: 'a.pdf', from: 9 }, context)).toContain('There is no page 9');
  });

  it('a workbook keeps numbers, dates, formulas and charts, and is read by rows and sheets', async () => {
    const context = workspace();
    const rows = [
      ['Quarter', 'North', 'When'],
      ['Q1', 12, '2026-01-31'],
      ['Q2', 7.5, null],
      ['Sum', '=SUM(B2:B3)', true],
    ];
    const more = Array.from({ length: 500 }, (_, index) => [index + 1]);
    await call(
      write,
      {
        path: 'a.xlsx',
        sheets: [
          { name: 'Sales/2026', rows, charts: [chart], pictures: ['dot.png'] },
          { name: 'More', rows: more, head: false },
        ],
      },
      context,
    );
    const text = await call(read, { path: 'a.xlsx', sheet: 'Sales 2026' }, context);
    expect(text).toContain('2,Q1,12,2026-01-31\n3,Q2,7.5\n4,Sum,=SUM(B2:B3),TRUE');
    expect(text).toContain('[chart (bar): Sales & more]\nNorth: Q1=12, Q2=7.5');
    const part = await call(read, { path: 'a.xlsx', sheet: 'More', from: 300, to: 302 }, context);
    expect(part).toContain('300,300\n301,301\n302,302');
    expect(part).not.toContain('303,303');
    expect(part).toContain('read on by rows');
    expect(await call(read, { path: 'a.xlsx', sheet: 'None' }, context, 'error')).toContain(
      'There are: "Sales 2026", "More"',
    );
  });

  it('whatever stands in cells and paragraphs comes back', async () => {
    const context = workspace();
    // A formula is no text, and a date is a number in the file.
    const text = fc
      .string({ unit: 'binary', maxLength: 20 })
      .filter((value) => !/^=|^\d{4}-|^[\s]*$/.test(value));
    const legal = (value: string) =>
      value.toWellFormed().replace(/[\u0000-\u001f\ufffe\uffff\u007f-\u009f\u2028\u2029]/g, '');
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          text.map(legal).filter((value) => value.trim() !== ''),
          { minLength: 1, maxLength: 30 },
        ),
        async (values) => {
          await call(
            write,
            { path: 'p.xlsx', sheets: [{ head: false, rows: values.map((value) => [value]) }] },
            context,
          );
          const answer = await call(read, { path: 'p.xlsx' }, context);
          for (const [index, value] of values.entries())
            expect(answer).toContain(`${index + 1},${csvLine([value])}`);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('the same content gives the same bytes', async () => {
    const context = workspace();
    const fixed = writeDocumentTool({}, { now: () => new Date(0), randomHex: () => '00' });
    await call(fixed, { path: '1.docx', markdown }, context);
    await call(fixed, { path: '2.docx', markdown }, context);
    const bytes = (name: string) => readFileSync(join(context.workspace, name));
    expect(bytes('1.docx').equals(bytes('2.docx'))).toBe(true);
  });
});

it('CSV: any table survives writing and reading', () => {
  const table = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), { minLength: 1 });
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map(csvLine).join('\r\n');
      expect(parseCsv(text, ',', 1, 1_000).rows).toEqual(rows);
    }),
  );
});

it.each([
  ['a;b\n1,5;2\n', '1,a,b\n2,"1,5",2'],
  ['a\tb\n1\t2', '1,a,b\n2,1,2'],
  [Buffer.from('n\u00e4me,x\n1,2\n', 'latin1'), '1,näme,x'],
  [Buffer.from('\ufeffa,b\n', 'utf16le'), '1,a,b'],
])('CSV as spreadsheet programs write it (%#)', async (content, expected) => {
  const context = workspace();
  writeFileSync(join(context.workspace, 'a.csv'), content);
  expect(await call(read, { path: 'a.csv' }, context)).toContain(expected);
});

it.each([
  [1, '1900-01-01'],
  [61, '1900-03-01'],
  [46_053, '2026-01-31'],
  [46_053.5, '2026-01-31 12:00:00'],
  [0.25, '06:00:00'],
])('day %s of a workbook is %s', (serial, expected) => expect(serialDate(serial, false)).toBe(expected));

describe('refused with the reason', () => {
  it.each([
    [{ path: 'a.docx' }, /needs "markdown"/],
    [{ path: 'a.xlsx' }, /needs "sheets"/],
    [{ path: 'a.odt', markdown: 'x' }, /does not end in one of/],
    [{ path: '../a.docx', markdown: 'x' }, /outside/],
    [{ path: 'a.docx', markdown: '![x](/etc/hostname)' }, /outside/],
    [{ path: 'a.docx', markdown: '![x](https://a.example/x.png)' }, /no file in the workspace/],
    [{ path: 'a.docx', markdown: '![x](fake.png)' }, /no PNG, JPEG or GIF/],
    [{ path: 'a.docx', markdown: '```chart\n{"type":"radar"}\n```' }, /chart block can't be read/],
    [
      {
        path: 'a.docx',
        markdown: '```chart\n{"type":"bar","labels":["a"],"series":[{"name":"x","values":[1,2]}]}\n```',
      },
      /as many values/,
    ],
    [{ path: 'a.csv', sheets: [{ rows: [[1]] }, { rows: [[2]] }] }, /holds one sheet/],
  ])('writing %j', async (args, reason) => {
    const context = workspace();
    writeFileSync(join(context.workspace, 'fake.png'), 'not a picture');
    expect(await call(write, args, context, 'error')).toMatch(reason);
    expect(existsSync(join(context.workspace, args.path))).toBe(false);
  });

  const deep = `${'<w:p>'.repeat(5_000)}`;
  it.each([
    ['a.docx', Buffer.from('PK\u0003\u0004 not really a zip'), /can't be read/],
    ['a.pdf', Buffer.from('%PDF-1.7\n%%EOF'), /can't be read/],
    ['a.doc', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]), /old Office file/],
    ['a.bin', Buffer.from([1, 2, 3]), /no document of a known kind/],
    ['deep.docx', new Map([['word/document.xml', `<w:document><w:body>${deep}`]]), /nested too deeply/],
    ['bomb.docx', new Map([['word/document.xml', Buffer.alloc(200 * 1024 * 1024, ' ')]]), /too large/],
    [
      'laughs.docx',
      new Map([
        [
          'word/document.xml',
          '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>',
        ],
      ]),
      /^((?!haha)[\s\S])*$/,
    ],
  ] as const)('reading %s', async (name, content, reason) => {
    const context = workspace();
    const bytes = Buffer.isBuffer(content)
      ? content
      : await writePackage(content as ReadonlyMap<string, string>);
    writeFileSync(join(context.workspace, name), bytes);
    const expected = name === 'laughs.docx' ? 'ok' : 'error';
    expect(await call(read, { path: name }, context, expected)).toMatch(reason);
  });

  it('macros are named and not run; outside paths, missing files and folders are refused', async () => {
    const context = workspace();
    const parts = new Map([
      ['word/document.xml', '<w:document><w:body><w:p><w:r><w:t>Hi</w:t></w:r></w:p></w:body></w:document>'],
      ['word/vbaProject.bin', 'x'],
    ]);
    writeFileSync(join(context.workspace, 'm.docm'), await writePackage(parts));
    expect(await call(read, { path: 'm.docm' }, context)).toMatch(/macros, which were not run[\s\S]*Hi/);
    expect(await call(read, { path: '/etc/passwd' }, context, 'error')).toMatch(/outside/);
    expect(await call(read, { path: 'none.pdf' }, context, 'error')).toMatch(/no file/);
    expect(await call(read, { path: '.' }, context, 'error')).toMatch(/folder/);
  });

  it('cancelling ends the reading at once', async () => {
    const context = toolContext(workspace().workspace, { signal: AbortSignal.abort() });
    writeFileSync(join(context.workspace, 'a.pdf'), '%PDF-1.7');
    expect(await call(read, { path: 'a.pdf' }, context, 'error')).toMatch(/cancelled/);
  });
});
