// Sixty everyday commands run in mode auto unasked, and say what they say without a sandbox.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainSpawner, type Spawner } from '../../src/lib/index.ts';
import { loadPolicy, openSandbox } from '../../src/tools/index.ts';
import { openWorkspace } from '../../src/workspace/index.ts';
import { describeWith } from '../support/needs.ts';

/** In order, in one folder. `~` before a command: its output differs from run to run, only success counts. */
const COMMANDS: readonly string[] = [
  'pwd',
  '~ls -la',
  'ls src',
  'cat README.md',
  'head -3 data.csv',
  'tail -n 2 data.csv',
  'wc -l data.csv src/*.py',
  'grep -rn "def " src',
  'rg -n --sort path hello . | head',
  'find . -name "*.py" -not -path "./.git/*" | sort',
  'sort -t, -k2 -n data.csv | uniq | cut -d, -f1',
  "awk -F, 'NR>1{s+=$2} END{print s}' data.csv",
  "sed -n '1,2p' data.csv",
  'git status --short',
  'git log --oneline | wc -l',
  'git diff --stat',
  'git branch --show-current',
  'git show --stat --format=%s HEAD',
  'echo "# more" >> README.md && git diff README.md | tail -1',
  'git add -A && git commit -qm "more" && git log -1 --format=%s',
  'git checkout -q -b feature && git branch',
  'git stash list',
  'git config user.name',
  'git blame -s src/main.py | wc -l',
  'mkdir -p build/out && touch build/out/x && ls build/out',
  'cp README.md build/ && diff README.md build/README.md && echo same',
  'mv build/README.md build/R.md && ls build',
  'rm -rf build/out && ls build',
  'chmod +x run.sh && ./run.sh world',
  'ln -s README.md link && readlink link',
  'python3 src/main.py',
  'python3 -c "print(sum(range(10)))"',
  'python3 -m py_compile src/main.py && echo ok',
  'python3 -m unittest -q src/test_main.py 2>&1 | tail -1',
  'python3 - <<END\nimport json; print(json.dumps({"a": 1}))\nEND',
  '~python3 -m venv --without-pip .venv && .venv/bin/python -c "print(1)"',
  'node -e "console.log(1 + 1)"',
  'node script.mjs',
  'node --test --test-reporter=tap test.mjs | grep -c "^ok"',
  'npm run -s build',
  'npm pkg get name',
  'npm ls --depth 0 | tail -1',
  'make -s',
  'bash -c "for i in 1 2 3; do echo $((6/2)); done"',
  'for f in src/*.py; do basename "$f"; done',
  'if [ -f README.md ]; then echo yes; else echo no; fi',
  'x=$(ls | wc -l); echo $((x > 3))',
  'tar czf t.tgz src && tar tzf t.tgz | sort',
  'gzip -k data.csv && zcat data.csv.gz | md5sum',
  "printf '%s\\n' b a | sort",
  'echo hello | tee out.txt | tr a-z A-Z',
  'cat data.csv | xargs -n1 echo | head -2',
  'sha256sum README.md | cut -c1-8',
  'base64 README.md | base64 -d | head -1',
  'date -u -d @0 +%Y',
  '~date',
  '~env | wc -l',
  '~df -h . | tail -1',
  '~du -sh .',
  '~ps aux | head -3',
  'which python3',
  'true && false || echo "exit $?"',
  'seq 3 | paste -sd+ | bc',
  'test -d src; echo $?',
  'cd src && pwd && ls',
  'touch "a file with spaces.txt" && ls a*',
  'mktemp -d /tmp/x.XXXX | cut -c1-7',
  'timeout 5 sleep 0.01; echo $?',
  '(echo a; echo b) | nl',
  'command -v git',
];

const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Project\nhello\n',
  'data.csv': 'name,n\nada,3\nbob,1\nada,3\n',
  'src/main.py':
    'def greet(who):\n    return f"hello {who}"\n\nif __name__ == "__main__":\n    print(greet("you"))\n',
  'src/test_main.py':
    'import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 1)\n',
  'script.mjs':
    'import { readFileSync } from "node:fs";\nconsole.log(readFileSync("README.md", "utf8").length > 0);\n',
  'test.mjs': 'import { test } from "node:test";\ntest("one", () => {});\n',
  'package.json': '{"name":"everyday","version":"1.0.0","scripts":{"build":"node script.mjs"}}\n',
  Makefile: 'all:\n\t@echo built\n',
  'run.sh': '#!/bin/sh\necho "hello $1"\n',
};

describeWith(['bwrap', 'git'], 'everyday commands', () => {
  it(`${COMMANDS.length} of them run in mode auto unasked, with their normal output`, async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'openspace-everyday-')));
    const home = join(root, 'home');
    const project = join(home, 'project');
    const env = { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8', PAGER: 'cat' };
    const say = async (spawner: Spawner, cwd: string, command: string) => {
      const args = ['--noprofile', '--norc', '-c', command];
      const result = await spawner.run({
        command: '/bin/bash',
        args,
        cwd,
        env,
        timeoutMs: 30_000,
        signal: new AbortController().signal,
      });
      return {
        command,
        stdout: result.stdout,
        exitCode: result.exitCode,
        stderr: result.exitCode === 0 ? '' : result.stderr,
      };
    };
    const prepare = async () => {
      rmSync(project, { recursive: true, force: true });
      for (const [name, text] of Object.entries(FILES)) {
        mkdirSync(join(project, name, '..'), { recursive: true });
        writeFileSync(join(project, name), text);
      }
      writeFileSync(
        join(home, '.gitconfig'),
        '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n',
      );
      await say(plainSpawner, project, 'git init -q && git add -A && git commit -qm start');
    };
    try {
      await prepare();
      const normal = [];
      for (const command of COMMANDS)
        normal.push(await say(plainSpawner, project, command.replace(/^~/, '')));
      await prepare();
      const dataHome = join(home, '.openspace');
      const workspace = await openWorkspace({ path: project, dataHome, runId: 'run_everyday' });
      const sandbox = await openSandbox({ view: workspace.view, userHome: home, dataHome, path: env.PATH });
      const policy = loadPolicy([], 'auto', {
        sandbox: sandbox.report,
        view: workspace.view,
        userHome: home,
      });
      const shell = {
        name: 'run_shell',
        source: 'shell',
        readOnly: false,
        description: '',
        parameters: {},
        run: async () => ({ parts: [], isError: false }),
      };
      try {
        for (const [index, text] of COMMANDS.entries()) {
          const command = text.replace(/^~/, '');
          const { decision } = policy.decide(shell, { id: '1', name: 'run_shell', args: { command } });
          const result = await say(sandbox.spawner, workspace.view.root, command);
          const expected = text.startsWith('~') ? { ...result, exitCode: 0 } : normal[index];
          expect({ decision, ...result }).toEqual({ decision: 'allow', ...expected });
        }
      } finally {
        await sandbox.close();
        await workspace.close();
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }, 120_000);
});
