// CSV as RFC 4180 has it: reading with the separator found out, and writing.

/** Fields of one row, quoted where needed. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

/** The separator that splits the first lines most evenly. */
export function findSeparator(text: string): string {
  const lines = text.slice(0, 20_000).split('\n').slice(0, 20);
  const counts = [',', ';', '\t', '|'].map((separator) => {
    const perLine = lines
      .filter((line) => line.trim() !== '')
      .map((line) => line.split(separator).length - 1);
    return {
      separator,
      score: Math.min(...(perLine.length === 0 ? [0] : perLine)),
      total: perLine.reduce((a, b) => a + b, 0),
    };
  });
  counts.sort((a, b) => b.score - a.score || b.total - a.total);
  return counts[0]?.separator ?? ',';
}

/** Rows of a CSV text; rows beyond `last` are counted but not kept. */
export function parseCsv(text: string, separator: string, first: number, last: number) {
  const rows: string[][] = [];
  let total = 0;
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = readField(text, at, separator);
    row.push(field.value);
    at = field.end;
    if (text[at] === separator) {
      at += 1;
      if (at === text.length) row.push('');
      else continue;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    total += 1;
    if (total >= first && total <= last) rows.push(row);
    row = [];
  }
  return { rows, total };
}

function readField(text: string, start: number, separator: string): { value: string; end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
    return { value: text.slice(start, end), end };
  }
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return { value: value + text.slice(at), end: text.length };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      // Text after the closing quote belongs to the field in files of sloppy writers.
      const rest = readField(text, quote + 1, separator);
      return text[quote + 1] === '"' ? rest : { value: value + rest.value, end: rest.end };
    }
    value += '"';
    at = quote + 2;
  }
}
