// Workbooks as CSV per sheet, with row numbers. Formulas are never computed: what is shown is the value last saved.
import { Parser } from 'htmlparser2';
import { OpenSpaceError } from '../../lib/index.ts';
import { describeChart } from './chart-read.ts';
import { csvLine } from './csv.ts';
import type { ExtractAnswer } from './extract.ts';
import { type OfficePackage, openPackage } from './office.ts';
import { attribute, child, descendants, elements, parseRelations, parseXml } from './xml.ts';

const MAX_CHARACTERS = 400_000;
const MAX_COLUMNS = 1_000;

interface Book {
  readonly pack: OfficePackage;
  readonly sheets: readonly { readonly name: string; readonly part: string; readonly hidden: boolean }[];
  readonly strings: readonly string[];
  /** Per cell style: is a number shown as a date or time? */
  readonly dates: readonly boolean[];
  readonly epoch1904: boolean;
}

interface SheetRows {
  readonly lines: readonly string[];
  readonly lastRow: number;
  readonly formulas: number;
  readonly full: boolean;
}

export async function readXlsx(
  bytes: Uint8Array,
  sheet: string | undefined,
  first: number,
  last: number,
): Promise<ExtractAnswer> {
  const book = await openBook(bytes);
  const names = book.sheets.map(({ name, hidden }) => `"${name}"${hidden ? ' (hidden)' : ''}`).join(', ');
  const wanted = sheet === undefined ? book.sheets : book.sheets.filter(({ name }) => name === sheet);
  if (wanted.length === 0)
    throw new OpenSpaceError('not-found', `There is no sheet "${sheet}". There are: ${names}.`);
  const parts: string[] = [];
  let room = MAX_CHARACTERS;
  for (const { name, part } of wanted) {
    const xml = (await book.pack.readText(part)) ?? '';
    const rows = readRows(xml, book, { first, last, room });
    room -= rows.lines.reduce((sum, line) => sum + line.length + 1, 0);
    const charts = await readSheetCharts(book.pack, part);
    parts.push([`## Sheet "${name}"`, describeRows(rows, first), ...rows.lines, ...charts].join('\n'));
  }
  const macros = book.pack.names.some((name) => /vbaProject/i.test(name))
    ? ' It holds macros, which were not run.'
    : '';
  return { text: parts.join('\n\n'), note: `Workbook with the sheets ${names}.${macros}` };
}

function describeRows(rows: SheetRows, first: number): string {
  if (rows.lines.length <= 1) return rows.lastRow < first ? `(no rows from ${first} on)` : '(empty)';
  const formulas =
    rows.formulas === 0 ? '' : ` ${rows.formulas} values come from formulas (as last saved, not computed).`;
  const more = rows.full ? ' There are more rows: read on by rows.' : '';
  return `Rows up to ${rows.lastRow}.${formulas}${more}`;
}

async function openBook(bytes: Uint8Array): Promise<Book> {
  const pack = await openPackage(bytes);
  const xml = await pack.readText('xl/workbook.xml');
  if (xml === undefined)
    throw new OpenSpaceError('invalid', 'This is no XLSX workbook: it has no main part.');
  const root = parseXml(xml);
  const relations = parseRelations(await pack.readText('xl/_rels/workbook.xml.rels'), 'xl/');
  const sheets = elements(child(root, 'sheets')).flatMap((sheet) => {
    const part = relations.get(attribute(sheet, 'r:id') ?? '');
    if (part === undefined || part.type !== 'worksheet') return [];
    const hidden = (attribute(sheet, 'state') ?? 'visible') !== 'visible';
    return [{ name: attribute(sheet, 'name') ?? '', part: part.target, hidden }];
  });
  return {
    pack,
    sheets,
    strings: readStrings(await pack.readText('xl/sharedStrings.xml')),
    dates: readDateStyles(await pack.readText('xl/styles.xml')),
    epoch1904: ['1', 'true'].includes(attribute(child(root, 'workbookPr'), 'date1904') ?? ''),
  };
}

function readStrings(xml: string | undefined): string[] {
  const strings: string[] = [];
  let current: string | undefined;
  let inText = false;
  let phonetic = 0;
  const parser = new Parser(
    {
      onopentag(name) {
        if (name === 'si') current = '';
        if (name === 'rPh') phonetic += 1;
        if (name === 't') inText = phonetic === 0;
      },
      ontext(text) {
        if (inText && current !== undefined) current += text;
      },
      onclosetag(name) {
        if (name === 't') inText = false;
        if (name === 'rPh') phonetic -= 1;
        if (name === 'si') strings.push(current ?? '');
      },
    },
    { xmlMode: true },
  );
  parser.end(xml ?? '');
  return strings;
}

function readDateStyles(xml: string | undefined): boolean[] {
  if (xml === undefined) return [];
  const root = parseXml(xml);
  const codes = new Map(
    descendants(child(root, 'numFmts'), 'numFmt').map((format) => [
      Number(attribute(format, 'numFmtId')),
      attribute(format, 'formatCode') ?? '',
    ]),
  );
  return elements(child(root, 'cellXfs')).map((style) => {
    const id = Number(attribute(style, 'numFmtId') ?? 0);
    const code = codes.get(id);
    if (code === undefined) return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 58);
    // Letters of a date outside of quoted text, colours and escapes.
    return /[ymdhs]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\.|_.|\*./g, '').replace(/general/gi, ''));
  });
}

interface Cell {
  readonly column: number;
  readonly type: string;
  readonly style: number;
  value: string;
  formula: string | undefined;
}

function readRows(xml: string, book: Book, range: { first: number; last: number; room: number }): SheetRows {
  const lines: string[] = [];
  let row = 0;
  let lastRow = 0;
  let formulas = 0;
  let width = 0;
  let used = 0;
  let full = false;
  let cells: string[] = [];
  let cell: Cell | undefined;
  let field: 'value' | 'formula' | undefined;
  const wanted = () => row >= range.first && row <= range.last && !full;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'row') {
          row = Number(attributes.r) || row + 1;
          cells = [];
        } else if (name === 'c') {
          const column = attributes.r === undefined ? (cell?.column ?? 0) + 1 : columnOf(attributes.r);
          cell = {
            column,
            type: attributes.t ?? 'n',
            style: Number(attributes.s ?? 0),
            value: '',
            formula: undefined,
          };
        } else if (name === 'v' || (name === 't' && cell?.type === 'inlineStr')) field = 'value';
        else if (name === 'f') {
          field = 'formula';
          if (cell !== undefined) cell.formula = '';
        }
      },
      ontext(text) {
        if (cell === undefined || !wanted()) return;
        if (field === 'value') cell.value += text;
        if (field === 'formula') cell.formula = `${cell.formula ?? ''}${text}`;
      },
      onclosetag(name) {
        if (name === 'v' || name === 't' || name === 'f') field = undefined;
        if (name === 'c' && cell !== undefined && wanted() && cell.column <= MAX_COLUMNS) {
          while (cells.length < cell.column - 1) cells.push('');
          cells[cell.column - 1] = shownValue(cell, book);
          if (cell.formula !== undefined) formulas += 1;
        }
        if (name !== 'row') return;
        cell = undefined;
        if (cells.some((value) => value !== '')) {
          const line = `${row},${csvLine(cells)}`;
          used += line.length + 1;
          width = Math.max(width, cells.length);
          if (used > range.room) full = true;
          else {
            lines.push(line);
            lastRow = row;
          }
        }
        if (row > range.last) full = true;
      },
    },
    { xmlMode: true },
  );
  parser.end(xml);
  const head = `row,${Array.from({ length: width }, (_, index) => columnName(index + 1)).join(',')}`;
  return { lines: [head, ...lines], lastRow, formulas, full };
}

function shownValue(cell: Cell, book: Book): string {
  if (cell.value === '') return cell.formula === undefined || cell.formula === '' ? '' : `=${cell.formula}`;
  switch (cell.type) {
    case 's':
      return book.strings[Number(cell.value)] ?? '';
    case 'b':
      return cell.value === '1' ? 'TRUE' : 'FALSE';
    case 'n': {
      const number = Number(cell.value);
      if (!Number.isFinite(number)) return cell.value;
      return book.dates[cell.style] === true ? serialDate(number, book.epoch1904) : String(number);
    }
    default:
      return cell.value;
  }
}

/** Days since 1899-12-30 (1904-01-01) as ISO date, time, or both. */
export function serialDate(serial: number, epoch1904: boolean): string {
  const days = epoch1904 ? serial + 1462 : serial;
  if (days < 0 || days > 2_958_466) return String(serial);
  // Before March 1900 the count is off by one: the format believes in a 29 February 1900.
  const iso = new Date(Math.round((days + (days < 60 ? 1 : 0) - 25_569) * 86_400_000)).toISOString();
  const [date = '', time = ''] = iso.slice(0, 19).split('T');
  if (days < 1) return time;
  return time === '00:00:00' ? date : `${date} ${time}`;
}

export function columnOf(reference: string): number {
  let column = 0;
  for (const letter of /^[A-Z]+/.exec(reference)?.[0] ?? '') column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}

export function columnName(column: number): string {
  let name = '';
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

async function readSheetCharts(pack: OfficePackage, part: string): Promise<string[]> {
  const charts: string[] = [];
  for (const drawing of await related(pack, part, 'drawing')) {
    for (const chart of await related(pack, drawing, 'chart')) {
      charts.push(describeChart(parseXml((await pack.readText(chart)) ?? '')));
    }
  }
  return charts;
}

async function related(pack: OfficePackage, part: string, type: string): Promise<string[]> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const xml = await pack.readText(`${folder}_rels/${part.slice(folder.length)}.rels`);
  return [...parseRelations(xml, folder).values()]
    .filter((item) => item.type === type)
    .map((item) => item.target);
}
