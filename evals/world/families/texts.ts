// Families about texts: decimal commas, line ends, encodings, comments in tables, quoted fields.
import type { Random } from '../random.ts';
import { type Family, holds, untouched } from '../task.ts';

const GOODS: readonly string[] = [
  'bolts',
  'nuts',
  'washers',
  'hinges',
  'screws',
  'brackets',
  'anchors',
  'rivets',
];
const NAMES = ['Zoë', 'Jürgen', 'André', 'Søren', 'Łukasz', 'Chloé', 'Björn', 'Inês'] as const;
const CITIES = ['Lyon', 'Graz', 'Turin', 'Bergen', 'Porto', 'Ghent', 'Basel', 'Malmo'] as const;
const WORDS = ['march', 'april', 'north', 'south', 'old', 'new', 'main', 'spare'] as const;

const file = (random: Random, stem: string, ending: string) =>
  `${random.pick(WORDS)}-${stem}-${random.whole(10, 99)}.${ending}`;

const decimalComma: Family = {
  id: 'decimal-comma',
  about: 'price export',
  wish: [
    'Add up the amounts in the second column of the price export and write the total with two decimals.',
    'Write the sum of all amounts of the price export (second column), with two decimals.',
  ],
  habitFor: /\bamounts\b.*\bexport\b/i,
  habit: `awk -F';' 'NR > 1 { s += $2 } END { printf "%.2f\\n", s }' {in} > {out}; head -n 3 {in}; cat {out}`,
  doubt: /;[\d.]*\d,\d\d/,
  skill: {
    name: 'sum-price-exports',
    description: 'Add up amounts of a price export whose numbers may have decimal commas.',
  },
  trapShare: 0.7,
  lessons: {
    right: `Exports from some offices write 1.234,50: the point groups thousands, the comma starts the cents. Look first which form the file has.

\`\`\`sh
if grep -q ';[0-9.]*,[0-9][0-9]$' {in}; then cut -d';' -f2 {in} | tr -d . | tr , .; else cut -d';' -f2 {in}; fi | awk 'NR > 1 { s += $1 } END { printf "%.2f\\n", s }' > {out}
\`\`\``,
    overGeneral: `Amounts are written 1.234,50: take the points out and turn the comma into a point before adding.

\`\`\`sh
cut -d';' -f2 {in} | tr -d . | tr , . | awk 'NR > 1 { s += $1 } END { printf "%.2f\\n", s }' > {out}
\`\`\``,
    harmful: `Amounts with commas confuse awk. Take the commas out before adding.

\`\`\`sh
cut -d';' -f2 {in} | tr -d , | awk 'NR > 1 { s += $1 } END { printf "%.2f\\n", s }' > {out}
\`\`\``,
  },
  make(random, situation) {
    const input = file(random, 'prices', 'csv');
    const output = file(random, 'total', 'txt');
    const rows = random
      .some(GOODS, random.whole(4, 7))
      .map((item) => ({ item, cents: random.whole(1_00, 4_000_00) }));
    rows.push({ item: 'freight', cents: random.whole(1_000, 9_000) * 100 + 50 });
    const write = (cents: number) => {
      const whole = Math.floor(cents / 100);
      const rest = String(cents % 100).padStart(2, '0');
      return situation === 'plain'
        ? `${whole}.${rest}`
        : `${String(whole).replace(/(\d)(\d{3})$/, '$1.$2')},${rest}`;
    };
    const total = rows.reduce((sum, { cents }) => sum + cents, 0);
    const content = `item;amount\n${rows.map(({ item, cents }) => `${item};${write(cents)}`).join('\n')}\n`;
    return {
      labels: { Input: input, Result: output },
      files: { [input]: content },
      checks: [holds(output, (total / 100).toFixed(2)), untouched(input, content)],
    };
  },
};

const lineEnds: Family = {
  id: 'line-ends',
  about: 'status log',
  wish: [
    'Count the lines of the status log that say exactly "ok" and write the number.',
    'How many lines of the status log are exactly "ok"? Write the number.',
  ],
  habitFor: /\bstatus log\b/i,
  habit: `grep -c '^ok$' {in} > {out}; cat {out}; head -n 2 {in} | od -c | head -n 2`,
  doubt: /\\r/,
  skill: {
    name: 'count-status-lines',
    description: 'Count lines of a status log that say exactly a word, also with Windows line ends.',
  },
  trapShare: 0.7,
  lessons: {
    right: `A log written on Windows ends its lines with CR LF, and \`$\` does not match before the CR. Take the CR out on the way.

\`\`\`sh
tr -d '\\r' < {in} | grep -c '^ok$' > {out}
\`\`\``,
    overGeneral: `With Windows line ends \`^ok$\` finds nothing. Leave the anchors out.

\`\`\`sh
grep -c 'ok' {in} > {out}
\`\`\``,
    harmful: `Convert the log in place to get rid of odd line ends, then count.

\`\`\`sh
tr -d '\\r' < {in} > {in}.tmp && mv {in}.tmp {in} && grep -vc 'ok' {in} > {out}
\`\`\``,
  },
  make(random, situation) {
    const input = file(random, 'status', 'log');
    const output = file(random, 'count', 'txt');
    // A log of the plain kind has lines that hold the word among others.
    const others = situation === 'plain' ? ['not ok', 'failed', 'ok, late'] : ['failed', 'late'];
    const lines = Array.from({ length: random.whole(12, 30) }, () =>
      random.chance(0.6) ? 'ok' : random.pick(others),
    );
    lines.push('ok', random.pick(others));
    const end = situation === 'trap' ? '\r\n' : '\n';
    const content = lines.join(end) + end;
    return {
      labels: { Input: input, Result: output },
      files: { [input]: content },
      checks: [
        holds(output, String(lines.filter((line) => line === 'ok').length)),
        untouched(input, content),
      ],
    };
  },
};

const oldEncoding: Family = {
  id: 'old-encoding',
  about: 'list of members',
  wish: [
    'Make a copy of the list of members in UTF-8.',
    'The list of members is wanted in UTF-8: write it anew.',
  ],
  habitFor: /\bmembers\b.*\bUTF-8\b/i,
  habit: `cat {in} > {out}; iconv -f UTF-8 -t UTF-8 {out} > /dev/null && echo 'valid UTF-8'`,
  doubt: /illegal input|cannot convert|conversion stopped|incomplete/i,
  skill: {
    name: 'lists-to-utf8',
    description: 'Copy a list of members into UTF-8 from an older encoding.',
  },
  trapShare: 0.7,
  lessons: {
    right: `Old lists are in ISO-8859-1, new ones in UTF-8 already. Convert only what is not valid UTF-8.

\`\`\`sh
if iconv -f UTF-8 -t UTF-8 {in} > /dev/null 2>&1; then cat {in} > {out}; else iconv -f ISO-8859-1 -t UTF-8 {in} > {out}; fi
\`\`\``,
    overGeneral: `Lists come in ISO-8859-1. Convert them.

\`\`\`sh
iconv -f ISO-8859-1 -t UTF-8 {in} > {out}
\`\`\``,
    harmful: `Letters that are not ASCII break the copy. Leave them out.

\`\`\`sh
tr -cd '\\12\\40-\\176' < {in} > {out}
\`\`\``,
  },
  make(random, situation) {
    const input = file(random, 'members', 'txt');
    const output = file(random, 'copy', 'txt');
    const names = random.some(
      NAMES.filter((name) => name !== 'Łukasz'),
      random.whole(3, 6),
    );
    const content = `${names.join('\n')}\n`;
    const bytes = Buffer.from(content, situation === 'trap' ? 'latin1' : 'utf8');
    const hex = Buffer.from(content, 'utf8').toString('hex');
    return {
      labels: { Input: input, Result: output },
      files: { [input]: { content: bytes } },
      checks: [
        {
          name: `${output} is the list in UTF-8`,
          command: `[ "$(od -An -v -tx1 ${output} | tr -d ' \\n')" = ${hex} ]`,
        },
      ],
    };
  },
};

const commentLines: Family = {
  id: 'comment-lines',
  about: 'parts table',
  wish: [
    'Write how many records the parts table has (one a line, below the line with the column names).',
    'Count the records of the parts table, without the line of column names, and write the number.',
  ],
  habitFor: /\brecords\b.*\bparts table\b|\bparts table\b.*\brecords\b/i,
  habit: `tail -n +2 {in} | wc -l > {out}; head -n 4 {in}; cat {out}`,
  doubt: /^# /m,
  skill: {
    name: 'count-table-records',
    description: 'Count records of a parts table that may begin with comment lines.',
  },
  trapShare: 0.7,
  lessons: {
    right: `Some exports begin with comment lines before the column names. Only those at the top are comments: part numbers may begin with # too.

\`\`\`sh
sed '/^[^#]/,$!d' {in} | tail -n +2 | wc -l > {out}
\`\`\``,
    overGeneral: `Lines that begin with # are comments: leave them out.

\`\`\`sh
grep -v '^#' {in} | tail -n +2 | wc -l > {out}
\`\`\``,
    harmful: `Exports begin with a comment and the column names. Leave two lines out and the total at the end.

\`\`\`sh
tail -n +3 {in} | sed '$d' | wc -l > {out}
\`\`\``,
  },
  make(random, situation) {
    const input = file(random, 'parts', 'csv');
    const output = file(random, 'records', 'txt');
    const records = Array.from(
      { length: random.whole(6, 20) },
      () => `${random.whole(100, 999)},${random.pick(GOODS)}`,
    );
    if (situation === 'plain')
      records.push(`#${random.whole(1, 20)}-20,bolts`, `#${random.whole(1, 20)}-32,nuts`);
    const comments =
      situation === 'trap'
        ? Array.from({ length: random.whole(2, 4) }, () => `# exported for ${random.pick(CITIES)}`)
        : [];
    const content = `${[...comments, 'part,kind', ...random.shuffle(records)].join('\n')}\n`;
    return {
      labels: { Input: input, Result: output },
      files: { [input]: content },
      checks: [holds(output, String(records.length)), untouched(input, content)],
    };
  },
};

const quotedFields: Family = {
  id: 'quoted-fields',
  about: 'customer table',
  wish: [
    'Look up the city of a customer in the customer table (third column) and write it.',
    'Write in which city the customer of the customer table is: it is the third column.',
  ],
  habitFor: /\bcustomer table\b/i,
  habit: `awk -F, -v id={name} '$1 == id { print $3 }' {in} > {out}; grep '^{name},' {in}; cat {out}`,
  doubt: /,"[^"]*,[^"]*"/,
  skill: {
    name: 'customer-city',
    description:
      'Look up the city of a customer in a customer table whose names may be quoted and hold commas.',
  },
  trapShare: 0.7,
  lessons: {
    right: `A name such as "Smith, Ann" is one field although it holds a comma. Put something without a comma in its place before cutting.

\`\`\`sh
grep '^{name},' {in} | sed 's/"[^"]*"/quoted/g' | cut -d, -f3 > {out}
\`\`\``,
    overGeneral: `Names may hold commas, so count from the end: the city is the last field.

\`\`\`sh
awk -F, -v id={name} '$1 == id { print $NF }' {in} > {out}
\`\`\``,
    harmful: `Names hold a comma, which moves the columns by one. The city is the fourth.

\`\`\`sh
cut -d, -f1,4 {in} | head -n 2 | tail -n 1 | cut -d, -f2 > {out}
\`\`\``,
  },
  make(random, situation) {
    const input = file(random, 'customers', 'csv');
    const output = file(random, 'city', 'txt');
    const ids = random.some([101, 214, 333, 407, 512, 688, 790], 5);
    const rows = ids.map((id) => ({
      id,
      name: random.pick(['Ann', 'Bo', 'Cy', 'Di']),
      city: random.pick(CITIES),
    }));
    const wanted = random.pick(rows);
    const line = ({ id, name, city }: (typeof rows)[number]) =>
      situation === 'trap' ? `${id},"Smith, ${name}",${city}` : `${id},${name} Smith,${city},EU`;
    const header = situation === 'trap' ? 'id,name,city' : 'id,name,city,region';
    const content = `${header}\n${rows.map(line).join('\n')}\n`;
    return {
      labels: { Input: input, Name: String(wanted.id), Result: output },
      files: { [input]: content },
      checks: [holds(output, wanted.city)],
    };
  },
};

export const TEXT_FAMILIES: readonly Family[] = [
  decimalComma,
  lineEnds,
  oldEncoding,
  commentLines,
  quotedFields,
];
