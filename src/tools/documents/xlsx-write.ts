// Writes workbooks: values, formulas, dates, bold heads, fitted columns, charts and pictures.
import { type Chart, colorOf } from './blocks.ts';
import { chartXml, findReferences } from './chart-xml.ts';
import { writePackage } from './office.ts';
import { createRelations, EMU_PER_PIXEL, finishPackage } from './ooxml.ts';
import type { Picture } from './pictures.ts';
import { columnName } from './xlsx-read.ts';
import { escapeXml, XML_HEAD } from './xml.ts';

export type CellValue = string | number | boolean | null;

export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly CellValue[])[];
  /** The first row is a head: bold, and it stays in sight. */
  readonly head: boolean;
  readonly charts: readonly Chart[];
  readonly pictures: readonly Picture[];
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export async function writeXlsx(
  sheets: readonly Sheet[],
  properties: { readonly title: string | undefined; readonly created: Date },
): Promise<Buffer> {
  const parts = new Map<string, string | Uint8Array>();
  const relations = createRelations();
  const names = uniqueNames(sheets.map((sheet) => sheet.name));
  const list: string[] = [];
  const counters = { charts: 0, pictures: 0 };
  for (const [index, sheet] of sheets.entries()) {
    const number = index + 1;
    const drawing = drawingOf(sheet, names[index] ?? '', number, parts, counters);
    parts.set(`xl/worksheets/sheet${number}.xml`, sheetXml(sheet, drawing));
    const id = relations.add('worksheet', `worksheets/sheet${number}.xml`);
    list.push(`<sheet name="${escapeXml(names[index] ?? '')}" sheetId="${number}" r:id="${id}"/>`);
  }
  relations.add('styles', 'styles.xml');
  parts.set('xl/styles.xml', STYLES);
  parts.set('xl/_rels/workbook.xml.rels', relations.xml());
  parts.set(
    'xl/workbook.xml',
    `${XML_HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATION}"><sheets>${list.join('')}</sheets><calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>`,
  );
  return writePackage(finishPackage(parts, 'xl/workbook.xml', properties));
}

/** Excel's rules: at most 31 characters, none of []:*?/\, no two alike. */
function uniqueNames(wanted: readonly string[]): string[] {
  const taken = new Set<string>();
  return wanted.map((name, index) => {
    const base =
      name
        .replace(/[[\]:*?/\\]/g, ' ')
        .replace(/^'+|'+$/g, '')
        .trim()
        .slice(0, 31) || `Sheet${index + 1}`;
    let unique = base;
    for (let number = 2; taken.has(unique.toLowerCase()); number += 1) {
      unique = `${base.slice(0, 31 - String(number).length - 1)} ${number}`;
    }
    taken.add(unique.toLowerCase());
    return unique;
  });
}

const STYLES = `${XML_HEAD}<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF${colorOf(0)}"/></patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`;

function sheetXml(sheet: Sheet, drawing: string | undefined): string {
  const width = Math.max(1, ...sheet.rows.map((row) => row.length));
  const pane = sheet.head
    ? '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    : '';
  const columns = Array.from({ length: width }, (_, index) => {
    const longest = sheet.rows.slice(0, 500).map((row) => displayWidth(row[index] ?? null));
    const size = Math.min(60, Math.max(9, ...longest) + 2);
    return `<col min="${index + 1}" max="${index + 1}" width="${size}" customWidth="1"/>`;
  });
  const rows = sheet.rows.map((row, at) => {
    const cells = row.map((value, column) =>
      cellXml(value, `${columnName(column + 1)}${at + 1}`, sheet.head && at === 0),
    );
    return `<row r="${at + 1}">${cells.join('')}</row>`;
  });
  const tail = drawing === undefined ? '' : `<drawing r:id="${drawing}"/>`;
  return `${XML_HEAD}<worksheet xmlns="${MAIN}" xmlns:r="${RELATION}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>${pane}<cols>${columns.join('')}</cols><sheetData>${rows.join('')}</sheetData><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>${tail}</worksheet>`;
}

/** Wide characters take two places. */
function displayWidth(value: CellValue): number {
  const text = value === null ? '' : String(value);
  if (text.startsWith('=')) return 10;
  return text.length + (text.match(/[\u1100-\uffdc]/g)?.length ?? 0);
}

function cellXml(value: CellValue, reference: string, isHead: boolean): string {
  const style = isHead ? ' s="1"' : '';
  if (value === null || value === '') return '';
  if (typeof value === 'number') {
    return Number.isFinite(value) ? `<c r="${reference}"${style}><v>${value}</v></c>` : '';
  }
  if (typeof value === 'boolean') return `<c r="${reference}"${style} t="b"><v>${value ? 1 : 0}</v></c>`;
  if (value.startsWith('=') && value.length > 1) {
    return `<c r="${reference}"${style}><f>${escapeXml(value.slice(1))}</f></c>`;
  }
  const date = isHead ? undefined : dateSerial(value);
  if (date !== undefined) return `<c r="${reference}" s="${date.hasTime ? 3 : 2}"><v>${date.serial}</v></c>`;
  return `<c r="${reference}"${style} t="inlineStr"><is><t xml:space="preserve">${escapeXml(value.slice(0, 32_767))}</t></is></c>`;
}

/** ISO dates become real dates, which sort and compute. */
function dateSerial(text: string): { serial: number; hasTime: boolean } | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?Z?)?$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  const milliseconds = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour || 0, minute || 0, second || 0);
  const isReal = new Date(milliseconds).toISOString().slice(0, 10) === text.slice(0, 10);
  if (!isReal || (year ?? 0) < 1901) return undefined;
  return { serial: milliseconds / 86_400_000 + 25_569, hasTime: match[4] !== undefined };
}

/** Charts and pictures stand to the right of the data, below each other. Returns the sheet's relation to them. */
function drawingOf(
  sheet: Sheet,
  name: string,
  number: number,
  parts: Map<string, string | Uint8Array>,
  counters: { charts: number; pictures: number },
): string | undefined {
  if (sheet.charts.length + sheet.pictures.length === 0) return undefined;
  const relations = createRelations();
  const left = Math.max(1, ...sheet.rows.map((row) => row.length)) + 1;
  const anchors: string[] = [];
  let top = 1;
  for (const chart of sheet.charts) {
    counters.charts += 1;
    parts.set(
      `xl/charts/chart${counters.charts}.xml`,
      chartXml(chart, { references: findReferences(chart, name, sheet.rows) }),
    );
    const id = relations.add('chart', `../charts/chart${counters.charts}.xml`);
    const frame = `<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="${anchors.length + 2}" name="Chart ${counters.charts}"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="${id}"/></a:graphicData></a:graphic></xdr:graphicFrame>`;
    anchors.push(anchor(left, top, { width: 560, height: 320 }, frame));
    top += 21;
  }
  for (const picture of sheet.pictures) {
    counters.pictures += 1;
    const file = `picture${counters.pictures}.${picture.info.extension}`;
    parts.set(`xl/media/${file}`, picture.data);
    const id = relations.add('image', `../media/${file}`);
    const scale = Math.min(1, 640 / picture.info.width);
    const size = { width: picture.info.width * scale, height: picture.info.height * scale };
    const shape = `<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="${anchors.length + 2}" name="Picture ${counters.pictures}" descr="${escapeXml(picture.alt)}"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="${id}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>`;
    anchors.push(anchor(left, top, size, shape));
    top += Math.ceil(size.height / 20) + 2;
  }
  parts.set(
    `xl/drawings/drawing${number}.xml`,
    `${XML_HEAD}<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="${RELATION}">${anchors.join('')}</xdr:wsDr>`,
  );
  parts.set(`xl/drawings/_rels/drawing${number}.xml.rels`, relations.xml());
  const own = createRelations();
  const id = own.add('drawing', `../drawings/drawing${number}.xml`);
  parts.set(`xl/worksheets/_rels/sheet${number}.xml.rels`, own.xml());
  return id;
}

function anchor(
  column: number,
  row: number,
  size: { width: number; height: number },
  content: string,
): string {
  const extent = `cx="${Math.round(size.width * EMU_PER_PIXEL)}" cy="${Math.round(size.height * EMU_PER_PIXEL)}"`;
  return `<xdr:oneCellAnchor><xdr:from><xdr:col>${column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext ${extent}/>${content}<xdr:clientData/></xdr:oneCellAnchor>`;
}
