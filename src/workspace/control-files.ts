// Changes that would decide what runs on the user's machine later: held back until a person wants them.

const CONTROL: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)\.git\/hooks\/(?!.*\.sample$)./, 'git hooks start programs'],
  [/(?:^|\/)\.git\/(?:info\/attributes|modules\/.*\/(?:hooks|config))/, 'it makes git start programs'],
  [/(?:^|\/)\.openspace(?:\/|$)/, 'it holds settings of OpenSpace'],
  [/(?:^|\/)\.(?:claude|cursor|gemini|codex)(?:\/|$)|(?:^|\/)\.mcp\.json$/, 'it holds settings of an agent'],
  [/(?:^|\/)\.vscode\/(?:tasks|settings|launch)\.json$/, 'the editor starts programs that it names'],
  [/(?:^|\/)\.envrc$/, 'the shell runs it when the folder is entered'],
];

/** Settings of a repository that start no programs and send nothing elsewhere. */
const PLAIN_GIT_SETTING =
  /^\s*(?:\[(?:core|user|init|remote "[^"]*"|branch "[^"]*"|submodule "[^"]*")\]|(?:repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|name|email|defaultbranch|fetch|remote|merge|rebase|active)\s*=.*|url\s*=\s*(?!ext::)\S+|[#;].*)?\s*$/i;

/** Why a change is held back; `undefined` if it may be applied. `addedLines` are those of a `.git/config`. */
export function reasonToHold(
  path: string,
  addedLines: () => readonly string[] | undefined,
): string | undefined {
  for (const [pattern, reason] of CONTROL) if (pattern.test(path)) return reason;
  if (!/(?:^|\/)\.git\/config(?:\.worktree)?$/.test(path)) return undefined;
  const lines = addedLines();
  const plain = lines?.every((line) => PLAIN_GIT_SETTING.test(line)) ?? false;
  return plain ? undefined : 'it changes settings of git that may start programs';
}

/** The repository that a path belongs to (`a/.git`), if it is one of git's own files: those change together or not at all. */
export function repositoryOf(path: string): string | undefined {
  return /^((?:.*\/)?\.git)\//.exec(path)?.[1];
}
