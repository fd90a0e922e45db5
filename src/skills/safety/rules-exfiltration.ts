// Rules on data and keys that leave the machine.
import { READ_FIRST, type TextRule } from './rule.ts';

const SECRET_PLACES = String.raw`(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]+|%USERPROFILE%)?[/\\]?(?:\.ssh/(?:id_(?:rsa|ed25519|ecdsa|dsa)|\*|authorized_keys)|\.aws/credentials|\.netrc|\.git-credentials|\.npmrc|\.pypirc|\.docker/config\.json|\.kube/config|\.config/gcloud|\.gnupg)`;
const SENDS = String.raw`(?:curl|wget|nc|ncat|http|requests\.(?:post|put)|fetch|axios\.post|Invoke-(?:WebRequest|RestMethod)|scp|rsync)`;
const SECRET_VARIABLE = String.raw`\$\{?(?:env:)?[A-Z0-9_]*(?:API_?KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|PRIVATE_KEY)[A-Z0-9_]*\}?`;

/** Data and keys that leave the machine. */
export const EXFILTRATION: readonly TextRule[] = [
  {
    id: 'safety/exfiltration',
    severity: 'block',
    message: 'Sends credential files over the network.',
    words: [
      '.ssh/',
      '.aws/credentials',
      '.netrc',
      '.git-credentials',
      '.npmrc',
      '.pypirc',
      '.kube/config',
      '.gnupg',
      '/etc/shadow',
      '/etc/passwd',
      '.docker/config',
    ],
    pattern: new RegExp(
      `\\b${SENDS}\\b[^\\n]{0,300}(?:-d|--data[a-z-]*|-F|--form|-T|--upload-file|--post-file|=@|@|\\$\\(|\`|open\\(|<)[^\\n]{0,120}(?:${SECRET_PLACES}|/etc/(?:shadow|passwd))|(?:${SECRET_PLACES}|/etc/(?:shadow|passwd))[^\\n]{0,80}\\|[^\\n]{0,80}\\b(?:curl|nc|ncat|wget)\\b`,
      'i',
    ),
    scope: 'line',
  },
  {
    id: 'safety/exfiltration',
    severity: 'quarantine',
    message: 'Puts a secret into the address or body of a request.',
    hint: 'An Authorization header to the service that issued the key is the usual way.',
    words: ['api_key', 'apikey', 'token', 'secret', 'password', 'credential', 'private_key'],
    pattern: new RegExp(
      `\\b(?:curl|wget)\\b[^\\n]{0,300}(?:(?:-d|--data[a-z-]*|-F|--form)[ =]?["'][^"'\\n]{0,200}${SECRET_VARIABLE}|https?://[^\\s"']{0,200}[?&/=]${SECRET_VARIABLE})`,
    ),
    scope: 'line',
  },
  {
    id: 'safety/exfiltration',
    severity: 'block',
    message: 'Sends the whole environment, with every key in it, over the network.',
    words: ['printenv', '$(env', '`env', 'env |', 'os.environ', 'stringify(process', 'set |'],
    pattern:
      /\b(?:printenv|env|set)\s*\|[^\n]{0,120}\b(?:curl|nc|ncat|wget)\b|\b(?:curl|wget)\b[^\n]{0,200}(?:\$\(\s*(?:env|printenv)\s*\)|`(?:env|printenv)`)|requests\.(?:post|put)\([^\n]{0,200}(?:json|data)\s*=\s*(?:dict\()?os\.environ\b(?!\s*[.[])|fetch\([^\n]{0,200}JSON\.stringify\(process\.env\)/i,
    scope: 'line',
  },
  {
    id: 'safety/exfiltration',
    severity: 'quarantine',
    message: 'Asks the agent to send keys or private files to an address.',
    hint: READ_FIRST,
    words: [
      'api key',
      'api keys',
      'password',
      'passwords',
      'credentials',
      'ssh key',
      'private key',
      'access token',
      'secrets',
      '.env',
      'id_rsa',
      'conversation history',
    ],
    pattern:
      /\b(?:send|post|upload|forward|transmit|exfiltrate|submit|e-?mail)\b[^\n]{0,80}\b(?:api[ _-]?keys?|passwords?|credentials|ssh keys?|private keys?|access tokens?|secrets|\.env|id_rsa|conversation history)\b[^\n]{0,60}\b(?:to|at)\b[^\n]{0,20}(?:https?:\/\/|[\w.+-]+@[\w-]+\.\w)/i,
    scope: 'around',
  },
  {
    id: 'safety/exfiltration-endpoint',
    severity: 'quarantine',
    message: 'Names a service whose purpose is to catch requests.',
    words: [
      'webhook.site',
      'requestbin',
      'pipedream.net',
      'burpcollaborator',
      'oastify.com',
      '.oast.',
      'interact.sh',
      'beeceptor.com',
      'requestcatcher.com',
      'dnslog.cn',
      'canarytokens',
    ],
    pattern:
      /\b(?:webhook\.site|requestbin\.\w+|[\w-]*\.?pipedream\.net|burpcollaborator\.net|oastify\.com|oast\.(?:pro|live|site|online|fun|me)|interact\.sh|beeceptor\.com|requestcatcher\.com|dnslog\.cn|canarytokens\.(?:com|org))\b/i,
    scope: 'line',
  },
  {
    id: 'safety/exfiltration-endpoint',
    severity: 'warn',
    message: 'Sends messages to a chat channel or paste service.',
    words: [
      'discord.gg',
      'discord.com/api/webhooks',
      'discordapp.com/api/webhooks',
      'hooks.slack',
      'api.telegram.org/bot',
      'pastebin.com',
      'transfer.sh',
      'file.io',
      '0x0.st',
      'ngrok',
    ],
    pattern:
      /\bdiscord(?:app)?\.(?:gg|com\/api\/webhooks)\b|\bhooks\.slack\b|\bapi\.telegram\.org\/bot|\bpastebin\.com\b|\btransfer\.sh\b|(?<![\w.])file\.io\b|\b0x0\.st\b|\bngrok(?:-free)?\.(?:io|app|dev)\b/i,
    scope: 'line',
  },
  {
    id: 'safety/url-shortener',
    severity: 'warn',
    message: 'Hides where a link leads behind a URL shortener.',
    words: ['bit.ly', 'tinyurl.com', 't.co/', 'goo.gl', 'is.gd', 'rb.gy', 'cutt.ly', 'ow.ly'],
    pattern: /(?<![\w.-])(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd|rb\.gy|cutt\.ly|ow\.ly)\b\/?/i,
    scope: 'line',
  },
  {
    id: 'safety/markdown-exfiltration',
    severity: 'quarantine',
    message: 'Loads a picture whose address carries data out.',
    words: ['](http'],
    pattern:
      /!\[[^\]\n]{0,100}\]\(https?:\/\/[^)\s]{0,200}[?&][^)\s]{0,100}=(?:\{\{?|\$\{?|<|\[)[^)\s]{0,60}(?:data|secret|token|key|history|conversation|context|password)/i,
    scope: 'line',
  },
  {
    id: 'safety/credential-access',
    severity: 'quarantine',
    message: 'Reads private keys or stored passwords.',
    hint: READ_FIRST,
    words: [
      '.ssh/id_',
      '.aws/credentials',
      '/etc/shadow',
      '.git-credentials',
      'login data',
      'find-generic-password',
      'find-internet-password',
      'cookies.sqlite',
      'logins.json',
      'ntds.dit',
      'mimikatz',
      'lsass',
      '.gnupg/',
      'wallet.dat',
      '169.254.169.254',
    ],
    pattern:
      /\b(?:cat|less|more|head|tail|cp|mv|tar|zip|base64|xxd|type|Get-Content|read(?:_?file|FileSync|_text)?|open|copy|steal|dump)\b[^\n]{0,80}(?:\.ssh\/id_(?:rsa|ed25519|ecdsa|dsa)\b(?!\.pub)|\.aws\/credentials|\/etc\/shadow|\.git-credentials|Login Data|cookies\.sqlite|logins\.json|\.gnupg\/|wallet\.dat)|security\s+find-(?:generic|internet)-password|\bntds\.dit\b|\bmimikatz\b|\bprocdump\b[^\n]{0,40}\blsass\b|\bcurl\b[^\n]{0,60}169\.254\.169\.254\/latest\/meta-data\/iam/i,
    scope: 'line',
  },
];
