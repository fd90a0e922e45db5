// Where people keep credentials: what no tool reads and no sandbox shows.

/** Below the home folder. A trailing `/` marks a folder; what is not there costs nothing. */
export const SECRETS_IN_HOME: readonly string[] = [
  // keys and tokens of programs
  '.ssh/', '.gnupg/', '.aws/', '.azure/', '.config/gcloud/', '.config/gh/', '.config/hub', '.config/glab-cli/',
  '.kube/', '.docker/config.json', '.docker/', '.config/containers/auth.json', '.netrc', '_netrc', '.git-credentials',
  '.config/git/credentials', '.npmrc', '.yarnrc', '.yarnrc.yml', '.pypirc', '.config/pip/', '.pip/',
  '.cargo/credentials', '.cargo/credentials.toml', '.gem/credentials', '.m2/settings.xml', '.m2/settings-security.xml',
  '.gradle/gradle.properties', '.composer/auth.json', '.config/composer/auth.json', '.nuget/', '.terraformrc',
  '.terraform.d/', '.vault-token', '.config/doctl/', '.config/hcloud/', '.fly/', '.config/fly/', '.netlify/',
  '.config/netlify/', '.config/vercel/', '.local/share/com.vercel.cli/', '.wrangler/', '.config/.wrangler/', '.heroku/',
  '.config/heroku/', '.config/rclone/', '.s3cfg', '.boto', '.pgpass', '.my.cnf', '.mylogin.cnf', '.config/op/',
  '.config/sops/', '.config/age/', '.age/', '.putty/', '.config/hf/', '.cache/huggingface/token',
  '.cache/huggingface/stored_tokens', '.huggingface/', '.kaggle/', '.config/kaggle/', '.jupyter/', '.condarc',
  // keyrings and password stores
  '.local/share/keyrings/', '.local/share/kwalletd/', '.password-store/', '.config/keepassxc/', '.config/Bitwarden/',
  '.config/1Password/', '.mozilla/', '.thunderbird/', '.config/google-chrome/', '.config/chromium/',
  '.config/BraveSoftware/', '.config/microsoft-edge/', '.config/vivaldi/', '.config/opera/', '.cache/mozilla/', '.pki/',
  '.electrum/', '.bitcoin/', '.ethereum/', 'snap/firefox/', 'snap/chromium/',
  'Library/Keychains/', 'Library/Cookies/', 'Library/Safari/', 'Library/Mail/', 'Library/Messages/',
  'Library/Application Support/Google/Chrome/', 'Library/Application Support/Firefox/',
  'Library/Application Support/BraveSoftware/', 'Library/Application Support/1Password/',
  'Library/Application Support/com.apple.TCC/', 'Library/Group Containers/',
  // other agents
  '.claude/', '.claude.json', '.codex/', '.gemini/', '.config/opencode/', '.local/share/opencode/', '.openclaw/',
  '.nanobot/', '.aider.conf.yml', '.continue/', '.cursor/', '.config/Cursor/', '.config/Code/User/globalStorage/',
  '.config/github-copilot/', '.goose/', '.config/goose/', '.qwen/', '.kimi/', '.config/crush/', '.pi/',
  // what was typed
  '.bash_history', '.zsh_history', '.zhistory', '.histfile', '.sh_history', '.local/share/fish/fish_history',
  '.python_history', '.node_repl_history', '.psql_history', '.mysql_history', '.sqlite_history', '.rediscli_history',
  '.lesshst', '.viminfo', '.local/share/atuin/', '.wget-hsts',
]; // biome-ignore format: a long list reads better filled

/** Below `/etc` and other places of the system that an administrator could read. */
export const SECRETS_OF_SYSTEM: readonly string[] = [
  '/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/sudoers', '/etc/sudoers.d/', '/etc/ssh/',
  '/etc/ssl/private/', '/etc/pki/tls/private/', '/etc/ipsec.secrets', '/etc/wireguard/', '/etc/krb5.keytab',
  '/etc/NetworkManager/system-connections/', '/etc/kubernetes/', '/etc/rancher/', '/etc/docker/', '/etc/letsencrypt/',
  '/etc/ppp/', '/etc/openvpn/', '/etc/mysql/debian.cnf', '/etc/security/opasswd', '/etc/environment', '/etc/machine-id',
]; // biome-ignore format: a long list reads better filled

/** A project's file that by its name holds settings with keys. Templates do not. */
export function isEnvFile(name: string): boolean {
  return /^\.env(?:\.|$)/.test(name) && !/\.(?:example|sample|template|dist|defaults?|schema)$/.test(name);
}

const SETS_A_SECRET =
  /^\s*(?:export\s+)?[A-Za-z_]*(?:KEY|TOKEN|SECRET|PASSW(?:OR)?D|CREDENTIALS?|PRIVATE|DSN|DATABASE_URL)[A-Za-z_0-9]*[ \t]*[=:][ \t]*["']?[^\s"'#]/im;

/** True if the text of an env file gives a value to something that is named like a secret. */
export function setsSecret(text: string): boolean {
  return SETS_A_SECRET.test(text);
}
