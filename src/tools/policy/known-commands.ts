// What well-known commands do: a table, and rules for those whose arguments decide.

/**
 * What a command does beyond computing:
 * `print` says something, arguments are no files · `read` reads the files it is given · `write` changes files or processes ·
 * `network` contacts others · `outside` changes the system or something far away · `unknown` anything.
 */
export type Effect = 'print' | 'read' | 'write' | 'network' | 'outside' | 'unknown';

const words = (text: string) => text.trim().split(/\s+/);

const TABLE: readonly (readonly [Effect, string])[] = [
  ['print', `: [ arch basename break cal cd continue date dirname echo exit expr false getconf groups hostname id jobs
    local locale nproc popd printenv printf pushd pwd return seq shift sleep test tput true tty type uname unset uptime wait
    whereis which whoami`],
  ['read', `bat cat cksum cmp column comm cut df diff du egrep exa expand eza fgrep file fmt fold free grep head hexdump
    jq join less ls lsb_release lscpu md5sum more nl od paste pgrep pr ps readlink realpath rev sha1sum sha224sum sha256sum
    sha384sum sha512sum stat strings sum tac tail tr unexpand wc zcat zgrep zless b2sum base32 base64 bc`],
  ['write', `bzip2 chmod cp csplit dos2unix gunzip gzip install kill ln mkdir mkfifo mktemp mv patch pkill killall rename rm
    rmdir shred split tar tee touch truncate unix2dos unlink unxz unzip xz zip zstd`],
  ['network', `curl dig ftp host lftp nc ncat netcat nslookup ping rsync scp sftp socat ssh telnet tracepath traceroute wget
    whois http https xh aria2c yt-dlp`],
  ['outside', `apk apt apt-get aptitude at aws az batch brew bwrap chroot chsh crontab dd defaults diskutil dnf docker doas
    dpkg fdisk flatpak fly flyctl gcloud gh glab gpg halt helm heroku init insmod ip iptables kubectl launchctl loginctl
    login lsof mkfs modprobe mount netlify nft nsenter open osascript pacman parted passwd pbcopy pfctl podman poweroff
    reboot rpm runuser secret-tool security service shutdown snap ssh-add ssh-agent ssh-keygen su sudo swapoff swapon sysctl
    systemctl systemd-run terraform tofu umount unshare useradd userdel usermod vercel visudo wrangler xdg-open yum zypper
    keyctl pmset dscl wsl newgrp sg capsh setcap setpriv`],
]; // biome-ignore format: a table of words

const EFFECTS = new Map<string, Effect>(
  TABLE.flatMap(([effect, names]) => words(names).map((name) => [name, effect])),
);

/** Options that make a reading command write or start programs. */
const NOT_JUST_READING: Readonly<Record<string, RegExp>> = {
  rg: /^--(?:pre|hostname-bin)(?:=|$)/,
  sort: /^(?:-o|--output|--compress-program)/,
  date: /^(?:-s|--set)/,
  hostname: /^[^-]/,
  tree: /^-o/,
  less: /^(?:-o|-O|--log-file|\+)/,
  fd: /^(?:-x|-X|--exec)/,
  fdfind: /^(?:-x|-X|--exec)/,
  find: /^-(?:exec|execdir|ok|okdir|delete|fprint|fprintf|fls|fprint0)$/,
  yq: /^(?:-i|--inplace)/,
  file: /^(?:-C|--compile)/,
  diff: /^--to-file/,
  tail: /^--follow-program/,
  xxd: /^-r/,
  bat: /^--pager/,
}; // The rest of `EFFECTS`' readers have none.
const ALSO_READERS = new Set([
  'rg',
  'sort',
  'tree',
  'fd',
  'fdfind',
  'find',
  'yq',
  'xxd',
  'uniq',
  'ag',
  'cloc',
  'tokei',
]);

/** What one command with fixed arguments does. `args` are without the name. */
export function effectOf(name: string, args: readonly string[]): Effect {
  const special = SPECIAL[name];
  if (special !== undefined) return special(args);
  const option = NOT_JUST_READING[name];
  if (option !== undefined && args.some((argument) => option.test(argument))) return 'unknown';
  if (ALSO_READERS.has(name)) return 'read';
  if (/^mkfs\./.test(name)) return 'outside';
  if (args.length === 1 && /^(?:--version|-V)$/.test(args[0] ?? '')) return 'print';
  return EFFECTS.get(name) ?? 'unknown';
}

const subcommand = (args: readonly string[]) => args.find((argument) => !argument.startsWith('-')) ?? '';

const SPECIAL: Readonly<Record<string, (args: readonly string[]) => Effect>> = {
  git: gitEffect,
  uniq: (args) => (args.filter((argument) => !argument.startsWith('-')).length > 1 ? 'write' : 'read'),
  sed: (args) => {
    if (args.some((argument) => /^-[a-zA-Z]*i|^--in-place/.test(argument))) return 'write';
    // Scripts of plain printing and replacing only: `w` writes files and `e` starts programs.
    const scripts = args.filter((argument) => !argument.startsWith('-')).slice(0, 1);
    return scripts.every((script) =>
      /^[\d,$ ]*(?:p|d|q)$|^s([/|#,])(?:(?!\1).)*\1(?:(?!\1).)*\1[gIp\d]*$/.test(script),
    )
      ? 'read'
      : 'unknown';
  },
  awk: (args) => {
    const script = args.find((argument) => !argument.startsWith('-')) ?? '';
    const isPlain = !/[>|]|system|getline|close|@|ENVIRON|PROCINFO/.test(script);
    return isPlain && !args.some((argument) => /^-[a-zA-Z]*f|^--(?:file|include|load|exec)/.test(argument))
      ? 'read'
      : 'unknown';
  },
  npm: (args) =>
    packageEffect(args, /^(?:ls|list|outdated|view|info|root|prefix|bin|help|explain|why|-v|--version)$/),
  pnpm: (args) => packageEffect(args, /^(?:ls|list|why|root|bin|help|-v|--version)$/),
  yarn: (args) => packageEffect(args, /^(?:list|why|bin|help|-v|--version)$/),
  npx: () => 'network',
  pnpx: () => 'network',
  bunx: () => 'network',
  uvx: () => 'network',
  pipx: () => 'network',
  pip: (args) => (/^(?:list|show|freeze|check|help|--version|-V)$/.test(args[0] ?? '') ? 'read' : 'network'),
  pip3: (args) => (/^(?:list|show|freeze|check|help|--version|-V)$/.test(args[0] ?? '') ? 'read' : 'network'),
  uv: (args) => (/^(?:run|venv|--version|version|tree)$/.test(args[0] ?? '') ? 'unknown' : 'network'),
  cargo: (args) => {
    const sub = subcommand(args);
    if (/^(?:publish|login|yank|owner)$/.test(sub)) return 'outside';
    return /^(?:install|add|update|fetch|search)$/.test(sub) ? 'network' : 'unknown';
  },
  go: (args) =>
    /^(?:get|install|mod)$/.test(subcommand(args)) && !args.includes('tidy') ? 'network' : 'unknown',
  export: () => 'print',
  set: () => 'print',
  readonly: () => 'print',
  declare: () => 'print',
  typeset: () => 'print',
  read: () => 'print',
  umask: () => 'print',
  ulimit: () => 'print',
};

const REGISTRY_WORDS =
  /^(?:install|i|ci|add|update|up|upgrade|create|init|dlx|exec|x|audit|search|fetch|import)$/;

function packageEffect(args: readonly string[], readers: RegExp): Effect {
  const sub = args[0] ?? '';
  if (readers.test(sub)) return sub === 'view' || sub === 'info' || sub === 'outdated' ? 'network' : 'read';
  if (/^(?:publish|unpublish|login|logout|adduser|token|owner|access|team|dist-tag|deprecate)$/.test(sub))
    return 'outside';
  if (sub === 'init' && args.some((argument) => /^(?:-y|--yes)$/.test(argument)) && args.length === 2)
    return 'write';
  if (sub === '' || REGISTRY_WORDS.test(sub)) return 'network';
  return 'unknown'; // a script of the project
}

const GIT_READS =
  words(`status log diff show blame shortlog describe rev-parse ls-files ls-tree cat-file rev-list name-rev
  whatchanged grep help version merge-base for-each-ref count-objects check-ignore var diff-tree diff-index range-diff`);
const GIT_NETWORK = words('clone fetch pull ls-remote archive-remote remote-update submodule lfs');
/** Options by which git starts programs or goes elsewhere. */
const GIT_DANGER =
  /^(?:-c|--config-env|--exec-path|--upload-pack|--receive-pack|--ext-diff|--textconv|-O|--open-files-in-pager|--output)(?:=|$)/;

function gitEffect(args: readonly string[]): Effect {
  if (args.some((argument) => GIT_DANGER.test(argument))) return 'unknown';
  const rest = args[0] === '-C' ? args.slice(2) : args;
  const globals = rest.findIndex((argument) => !argument.startsWith('-'));
  const sub = globals === -1 ? '' : (rest[globals] ?? '');
  const after = rest.slice(globals + 1);
  if (sub === '' || GIT_READS.includes(sub)) return 'read';
  if (sub === 'push' || sub === 'send-email') return 'outside';
  if (GIT_NETWORK.includes(sub)) return 'network';
  if (sub === 'remote')
    return after.every((argument) => /^(?:-v|show|get-url|\w+)$/.test(argument)) &&
      !/^(?:add|rm|remove|rename|set-url|update|prune)$/.test(after[0] ?? '')
      ? 'read'
      : 'write';
  if (sub === 'branch' || sub === 'tag')
    return after.every((argument) => /^(?:-[avrl]+|--list|--show-current|--all)$/.test(argument))
      ? 'read'
      : 'write';
  if (sub === 'stash') return after[0] === 'list' || after[0] === 'show' ? 'read' : 'write';
  if (sub === 'config') return /^(?:--get|--list|-l|--get-all)$/.test(after[0] ?? '') ? 'read' : 'unknown';
  return /^(?:add|commit|checkout|switch|restore|reset|merge|rebase|mv|rm|init|cherry-pick|revert|clean|apply|am|worktree|notes|gc)$/.test(
    sub,
  )
    ? 'write'
    : 'unknown';
}

/** Hosts that package tools contact without being told. */
export const USUAL_HOSTS: Readonly<Record<string, readonly string[]>> = {
  npm: ['registry.npmjs.org'],
  npx: ['registry.npmjs.org'],
  pnpm: ['registry.npmjs.org'],
  pnpx: ['registry.npmjs.org'],
  bunx: ['registry.npmjs.org'],
  yarn: ['registry.yarnpkg.com', 'registry.npmjs.org'],
  pip: ['pypi.org', 'files.pythonhosted.org'],
  pip3: ['pypi.org', 'files.pythonhosted.org'],
  pipx: ['pypi.org', 'files.pythonhosted.org'],
  uv: ['pypi.org', 'files.pythonhosted.org'],
  uvx: ['pypi.org', 'files.pythonhosted.org'],
  cargo: ['index.crates.io', 'static.crates.io', 'crates.io'],
  go: ['proxy.golang.org', 'sum.golang.org'],
};
