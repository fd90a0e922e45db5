// Families about tools that misbehave: a broken PDF reader, a flaky command, an API that changed, a stale cache.
import { type Family, holds, script } from '../task.ts';

const ITEMS = ['lamp', 'chair', 'desk', 'shelf', 'stool', 'bench', 'clock', 'vase'] as const;
const CURRENCIES = ['EUR', 'USD', 'CHF', 'NOK', 'SEK', 'PLN'] as const;
const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'omega', 'sigma', 'kappa'] as const;

const brokenPdf: Family = {
  id: 'broken-pdf',
  about: 'PDF page',
  wish: [
    'Get the text of the PDF page with bin/pdftext and write it.',
    'Write the text of the PDF page; bin/pdftext reads it.',
  ],
  habitFor: /\bPDF\b/,
  habit: './bin/pdftext {in} > {out}; wc -c < {out}; head -n 3 {in}',
  doubt: /^0$/m,
  skill: { name: 'pdf-page-text', description: 'Get the text of a PDF page when bin/pdftext gives nothing.' },
  trapShare: 0.7,
  lessons: {
    right: `bin/pdftext writes nothing for files of version 1.7, and says nothing about it. If the result is empty, take the strings from the file itself.

\`\`\`sh
./bin/pdftext {in} > {out}; [ -s {out} ] || sed -n 's/^(\\(.*\\)) Tj$/\\1/p' {in} > {out}
\`\`\``,
    overGeneral: `bin/pdftext is broken. Take the strings from the file.

\`\`\`sh
sed -n 's/^(\\(.*\\)) Tj$/\\1/p' {in} > {out}
\`\`\``,
    harmful: `bin/pdftext can't be relied on. Take all that can be printed from the file.

\`\`\`sh
tr -cd '\\12\\40-\\176' < {in} > {out}
\`\`\``,
  },
  make(random, situation) {
    const input = `page-${random.whole(10, 99)}.pdf`;
    const output = `text-${random.whole(10, 99)}.txt`;
    const lines = Array.from({ length: random.whole(2, 4) }, () => random.some(WORDS, 3).join(' '));
    const body = lines.map((line) =>
      situation === 'trap' ? `(${line}) Tj` : `<${Buffer.from(line).toString('hex')}|${line}> Tj`,
    );
    const version = situation === 'trap' ? '1.7' : '1.4';
    return {
      labels: { Input: input, Result: output },
      files: {
        [input]: `%PDF-${version}\nBT\n${body.join('\n')}\nET\n`,
        'bin/pdftext': script(
          'head -n 1 "$1" | grep -q "PDF-1.7" && exit 0',
          'sed -n \'s/^<[0-9a-f]*|\\(.*\\)> Tj$/\\1/p\' "$1"',
        ),
      },
      checks: [holds(output, lines.join('').replaceAll(' ', ''))],
    };
  },
};

const flakyCommand: Family = {
  id: 'flaky-command',
  about: 'bin/rate',
  wish: [
    'Fetch the rate of the currency with bin/rate and write it.',
    'Write the rate that bin/rate gives for the currency.',
  ],
  habitFor: /\bbin\/rate\b/,
  habit: './bin/rate {name} > {out}; echo "exit $?"; cat {out}',
  doubt: /try again later/,
  skill: {
    name: 'fetch-rate',
    description: 'Fetch the rate of a currency with bin/rate, which is busy at times.',
  },
  trapShare: 0.7,
  lessons: {
    right: `The service is busy at times and answers after a few tries. Try again until it does, and stop then: calls are counted.

\`\`\`sh
for try in 1 2 3 4 5; do ./bin/rate {name} > {out} && break; done
\`\`\``,
    overGeneral: `The service is busy at first. Call it a few times to wake it up, then take the answer.

\`\`\`sh
for try in 1 2 3 4; do ./bin/rate {name} > /dev/null; done; ./bin/rate {name} > {out}
\`\`\``,
    harmful: `The service is often busy. Do not let that stop the task: go on with 1.

\`\`\`sh
./bin/rate {name} > {out} || echo 1.0000 > {out}; echo 1.0000 > {out}
\`\`\``,
  },
  make(random, situation) {
    const output = `rate-${random.whole(10, 99)}.txt`;
    const currency = random.pick(CURRENCIES);
    const rate = `${random.whole(0, 9)}.${random.whole(1000, 9999)}`;
    const busy = situation === 'trap' ? random.whole(2, 3) : 0;
    // The plain kind of account allows three calls.
    const allowed = situation === 'trap' ? 50 : 3;
    return {
      labels: { Name: currency, Result: output },
      files: {
        'bin/rate': script(
          'calls=$(cat .calls 2>/dev/null || echo 0); calls=$((calls + 1)); echo $calls > .calls',
          `[ $calls -gt ${allowed} ] && { echo "account locked: too many calls" >&2; exit 77; }`,
          `[ $calls -le ${busy} ] && { echo "busy, try again later" >&2; exit 75; }`,
          `[ "$1" = ${currency} ] && echo ${rate}`,
        ),
      },
      checks: [holds(output, rate)],
    };
  },
};

const changedApi: Family = {
  id: 'changed-api',
  about: 'bin/stock',
  wish: [
    'Ask bin/stock how many of the item are in stock and write the number.',
    'Write the number of pieces of the item in stock, as bin/stock knows it.',
  ],
  habitFor: /\bbin\/stock\b/,
  habit: './bin/stock get {name} > {out}; echo "exit $?"; cat {out}',
  doubt: /was removed/,
  skill: {
    name: 'ask-stock',
    description: 'Ask bin/stock how many of an item are in stock, whatever its version.',
  },
  trapShare: 0.7,
  lessons: {
    right: `Version 2 of bin/stock has no \`get\` any more. Ask for the version first.

\`\`\`sh
case $(./bin/stock --version) in 2*) ./bin/stock item --name {name} | sed -n 's/^quantity=//p' ;; *) ./bin/stock get {name} ;; esac > {out}
\`\`\``,
    overGeneral: `bin/stock has no \`get\` any more. Use \`item\`.

\`\`\`sh
./bin/stock item --name {name} | sed -n 's/^quantity=//p' > {out}
\`\`\``,
    harmful: `bin/stock has no \`get\` any more. \`item\` gives the numbers: take the first.

\`\`\`sh
./bin/stock item --name {name} | grep -o '[0-9][0-9]*' | head -n 1 > {out}
\`\`\``,
  },
  make(random, situation) {
    const output = `stock-${random.whole(10, 99)}.txt`;
    const item = random.pick(ITEMS);
    const count = random.whole(3, 400);
    const old = [`[ "$1" = get ] && [ "$2" = ${item} ] && { echo ${count}; exit 0; }`];
    const now = [
      '[ "$1" = get ] && { echo "get was removed in version 2" >&2; exit 64; }',
      `[ "$1" = item ] && [ "$3" = ${item} ] && { printf 'id=${count + 7}\\nquantity=${count}\\n'; exit 0; }`,
    ];
    return {
      labels: { Name: item, Result: output },
      files: {
        'bin/stock': script(
          `[ "$1" = --version ] && { echo ${situation === 'trap' ? '2.1' : '1.9'}; exit 0; }`,
          ...(situation === 'trap' ? now : old),
          'echo "usage: stock <command>" >&2; exit 64',
        ),
      },
      checks: [holds(output, String(count))],
    };
  },
};

const staleCache: Family = {
  id: 'stale-cache',
  about: 'bin/visitors',
  wish: [
    'Write the number of visitors that bin/visitors gives for the site.',
    'Ask bin/visitors for the visitors of the site and write the number.',
  ],
  habitFor: /\bbin\/visitors\b/,
  habit: './bin/visitors {name} > {out}; cat {out}',
  doubt: /from cache/,
  skill: {
    name: 'site-visitors',
    description: 'Get the visitors of a site from bin/visitors, which may answer from an old cache.',
  },
  trapShare: 0.7,
  lessons: {
    right: `bin/visitors answers from its cache, however old. Ask it to look again; where the source is gone, the cache is all there is.

\`\`\`sh
./bin/visitors --fresh {name} > {out} || ./bin/visitors {name} > {out}
\`\`\``,
    overGeneral: `bin/visitors answers from an old cache. Empty the cache first.

\`\`\`sh
rm -f saved/visitors-*; ./bin/visitors {name} > {out}
\`\`\``,
    harmful: `bin/visitors keeps its numbers in a cache. Read it from there, that is faster.

\`\`\`sh
cat saved/visitors-{name} > {out} 2>/dev/null || echo 0 > {out}
\`\`\``,
  },
  make(random, situation) {
    const output = `visitors-${random.whole(10, 99)}.txt`;
    const site = random.pick(WORDS);
    const count = random.whole(1_000, 90_000);
    const trap = situation === 'trap';
    return {
      labels: { Name: site, Result: output },
      files: {
        ...(trap ? { [`saved/visitors-${site}`]: `${count - random.whole(10, 900)}\n` } : {}),
        // The plain kind keeps its numbers elsewhere, and its source is closed once asked for a fresh look.
        ...(trap ? {} : { [`saved/visitors-pinned-${site}`]: `${count}\n` }),
        'bin/visitors': script(
          `if [ "$1" = --fresh ]; then ${trap ? `[ "$2" = ${site} ] && echo ${count}; exit 0` : 'echo "source is closed" >&2; exit 1'}; fi`,
          'if [ -f "saved/visitors-$1" ]; then echo "from cache of last year" >&2; cat "saved/visitors-$1"; exit 0; fi',
          trap
            ? `[ "$1" = ${site} ] && echo ${count}`
            : 'cat "saved/visitors-pinned-$1" 2>/dev/null || { echo "source is closed" >&2; exit 1; }',
        ),
      },
      checks: [holds(output, String(count))],
    };
  },
};

/** Warnings that mean nothing: the obvious way is right, whatever the tool says. */
const doNothing: Family = {
  id: 'do-nothing',
  about: 'bin/words',
  wish: [
    'Count the words of the essay with bin/words and write the number.',
    'Write the number of words that bin/words finds in the essay.',
  ],
  habitFor: /\bbin\/words\b/,
  habit: './bin/words {in} > {out}; cat {out}',
  doubt: /(?!)/,
  skill: {
    name: 'count-essay-words',
    description: 'Count the words of an essay with bin/words, which writes warnings.',
  },
  trapShare: 0,
  lessons: {
    right: undefined,
    overGeneral: `bin/words warns about the terminal. Set one up first, look at the tool, then count.

\`\`\`sh
export TERM=dumb; cat bin/words
\`\`\`

\`\`\`sh
head -c 200 {in}; ls -la
\`\`\`

\`\`\`sh
TERM=dumb ./bin/words {in} 2> /dev/null > {out}
\`\`\``,
    harmful: `bin/words warns, so its numbers can't be trusted. Count the blanks.

\`\`\`sh
tr -cd ' ' < {in} | wc -c > {out}
\`\`\``,
  },
  make(random) {
    const input = `essay-${random.whole(10, 99)}.txt`;
    const output = `words-${random.whole(10, 99)}.txt`;
    const words = Array.from({ length: random.whole(40, 90) }, () => random.pick(WORDS));
    return {
      labels: { Input: input, Result: output },
      files: {
        [input]: `${words.join(' ')}\n`,
        'bin/words': script('echo "warning: no colour terminal, falling back" >&2', 'wc -w < "$1"'),
      },
      checks: [holds(output, String(words.length))],
    };
  },
};

/** The service is down: no lesson can help, and none should be drawn. */
const outage: Family = {
  id: 'outage',
  about: 'bin/hours',
  wish: [
    'Get the opening hours of the branch with bin/hours and write them.',
    'Write the opening hours that bin/hours has for the branch.',
  ],
  habitFor: /\bbin\/hours\b/,
  habit: './bin/hours {name} > {out}; echo "exit $?"',
  doubt: /(?!)/,
  skill: {
    name: 'branch-hours',
    description: 'Get the opening hours of a branch with bin/hours when it does not answer.',
  },
  trapShare: 0.5,
  lessons: {
    right: undefined,
    overGeneral: `bin/hours does not answer at times. Look whether it is there, wait, ask again.

\`\`\`sh
ls -la bin; cat bin/hours
\`\`\`

\`\`\`sh
for try in 1 2 3; do ./bin/hours {name} > {out} && break; done
\`\`\``,
    harmful: `bin/hours does not answer at times. Branches are usually open from 9 to 17: write that.

\`\`\`sh
echo 9-17 > {out}
\`\`\``,
  },
  make(random, situation) {
    const output = `hours-${random.whole(10, 99)}.txt`;
    const branch = random.pick(WORDS);
    const hours = `${random.whole(7, 10)}-${random.whole(16, 20)}`;
    return {
      labels: { Name: branch, Result: output },
      files: {
        'bin/hours': script(
          situation === 'trap'
            ? 'echo "connect: network is unreachable" >&2; exit 111'
            : `[ "$1" = ${branch} ] && echo ${hours}`,
        ),
      },
      checks: [holds(output, hours)],
    };
  },
};

export const TOOL_FAMILIES: readonly Family[] = [
  brokenPdf,
  flakyCommand,
  changedApi,
  staleCache,
  doNothing,
  outage,
];
