// What in a text makes a skill unsafe: for each rule the words that call it and the pattern that decides.
import type { Severity } from '../skill.ts';

export interface TextRule {
  readonly id: `safety/${string}`;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  /** The pattern is tried only near one of these (lower case; a blank stands for any white space). */
  readonly words: readonly string[];
  readonly pattern: RegExp;
  /** Tested on the line with its continuations, or on the text around the word, whatever the line breaks. */
  readonly scope: 'line' | 'around';
}

const READ_ONLY_HINT = 'Read the place before you trust this skill.';

/** Texts that give orders to the agent against its user. */
const INJECTION: readonly TextRule[] = [
  {
    id: 'safety/prompt-injection',
    severity: 'quarantine',
    message: 'Tells the agent to drop the instructions it was given.',
    hint: READ_ONLY_HINT,
    words: ['instruction', 'guideline', 'prompt', 'rules', 'message'],
    pattern:
      /\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|override|bypass)\s+(?:(?:all|any|every|the|your|these|those|of|my|other|and)\s+){0,4}(?:(?:previous|prior|above|earlier|preceding|existing|original|system|safety|developer|foregoing)(?:\s+(?:and|or)\s+\w+)?\s+){1,2}(?:instructions?|guidelines?|prompts?|rules|messages)\b/i,
    scope: 'around',
  },
  {
    id: 'safety/prompt-injection',
    severity: 'quarantine',
    message: 'Gives the agent another identity without rules.',
    hint: READ_ONLY_HINT,
    words: ['you are now', 'jailbreak', 'do anything now', 'developer mode'],
    pattern:
      /you are now\s+(?:(?:in|a|an|the)\s+)?(?:dan\b|jailbroken|unrestricted|unfiltered|free (?:of|from)\b|developer mode|no longer bound)|\bdo anything now\b|\b(?:enable|enter|activate)\s+(?:jailbreak|developer) mode\b/i,
    scope: 'around',
  },
  {
    id: 'safety/hidden-from-user',
    severity: 'quarantine',
    message: 'Tells the agent to act behind its user’s back.',
    hint: READ_ONLY_HINT,
    words: ['the user', 'the human', 'the operator'],
    pattern:
      /\b(?:do not|don't|never|must not|without)\s+(?:ever\s+)?(?:tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|alert(?:ing)?|warn(?:ing)?|reveal(?:ing)?\s+(?:this|it|that)\s+to|show(?:ing)?\s+(?:this|it|that)\s+to|mention(?:ing)?\s+(?:this|it|that)\s+to)\s+the\s+(?:user|human|operator)\b(?!\s+(?:to|how|which|that\s+(?:everything|it\s+(?:works|succeeded)|you\s+(?:have|did))))/i,
    scope: 'around',
  },
  {
    id: 'safety/hidden-from-user',
    severity: 'quarantine',
    message: 'Tells the agent to conceal what it does from its user.',
    hint: READ_ONLY_HINT,
    words: [
      'from the user',
      'from the human',
      'user notic',
      'user knowing',
      'user’s knowledge',
      "user's knowledge",
    ],
    pattern:
      /\b(?:hide|conceal|keep)\b[^.\n]{0,60}\b(?:secret\s+|hidden\s+)?from\s+the\s+(?:user|human)\b|without\s+the\s+user(?:['’]s)?\s+(?:noticing|knowing|knowledge)/i,
    scope: 'around',
  },
  {
    id: 'safety/prompt-injection',
    severity: 'quarantine',
    message: 'Holds control tokens of a chat format, which some models take for another speaker.',
    words: [
      '<|im_start|>',
      '<|im_end|>',
      '<|system|>',
      '<|start_header_id|>',
      '[inst]',
      '<<sys>>',
      '<|endoftext|>',
    ],
    pattern: /<\|(?:im_start|im_end|system|start_header_id|endoftext)\|>|\[INST\]|<<SYS>>/i,
    scope: 'line',
  },
  {
    id: 'safety/prompt-injection',
    severity: 'quarantine',
    message: 'Asks for the agent’s own system prompt or keys.',
    hint: READ_ONLY_HINT,
    words: ['system prompt', 'system message', 'hidden instructions'],
    pattern:
      /\b(?:reveal|print|output|repeat|send|leak|expose|upload|post)\s+(?:\w+\s+){0,3}(?:your|its|the agent['’]s|the full|the entire)\s+(?:\w+\s+){0,2}(?:system\s+(?:prompt|message)|hidden\s+instructions)/i,
    scope: 'around',
  },
  {
    id: 'safety/remote-instructions',
    severity: 'quarantine',
    message: 'Lets a page on the network tell the agent what to do.',
    hint: 'Copy the instructions into the skill, so that they can be checked.',
    words: [
      'instructions from http',
      'instructions at http',
      'instructions there',
      'instructions it contains',
      'follow the instructions',
      'follow its instructions',
      'execute the instructions',
      'obey',
    ],
    pattern:
      /(?:\b(?:fetch|download|curl|wget|visit|open|read|retrieve|get)\b[^\n]{0,80}https?:\/\/[^\s)]{4,200}[^\n]{0,80}\b(?:follow|execute|obey|carry out)\b[^\n]{0,20}\binstructions\b)|\b(?:follow|execute|obey|carry out)\s+(?:all\s+|any\s+)?(?:the\s+)?instructions\s+(?:from|at|on)\s+https?:\/\//i,
    scope: 'around',
  },
  {
    id: 'safety/agent-tampering',
    severity: 'warn',
    message: 'Switches off the agent’s own protection.',
    words: [
      'dangerously-skip-permissions',
      'dangerously-bypass',
      '--yolo',
      'approval-mode',
      'disable the sandbox',
      'auto-approve',
    ],
    pattern:
      /--dangerously-(?:skip-permissions|bypass-[a-z-]+)|(?:^|\s)--yolo\b|approval-mode[= ](?:yolo|never)|\bdisable the sandbox\b|--auto-approve\b/i,
    scope: 'line',
  },
];

const SECRET_PLACES = String.raw`(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]+|%USERPROFILE%)?[/\\]?(?:\.ssh/(?:id_(?:rsa|ed25519|ecdsa|dsa)|\*|authorized_keys)|\.aws/credentials|\.netrc|\.git-credentials|\.npmrc|\.pypirc|\.docker/config\.json|\.kube/config|\.config/gcloud|\.gnupg)`;
const SENDS = String.raw`(?:curl|wget|nc|ncat|http|requests\.(?:post|put)|fetch|axios\.post|Invoke-(?:WebRequest|RestMethod)|scp|rsync)`;
const SECRET_VARIABLE = String.raw`\$\{?(?:env:)?[A-Z0-9_]*(?:API_?KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|PRIVATE_KEY)[A-Z0-9_]*\}?`;

/** Data and keys that leave the machine. */
const EXFILTRATION: readonly TextRule[] = [
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
    words: ['printenv', '$(env', '`env', 'env |', 'os.environ', 'process.env', 'set |'],
    pattern:
      /\b(?:printenv|env|set)\s*\|[^\n]{0,120}\b(?:curl|nc|ncat|wget)\b|\b(?:curl|wget)\b[^\n]{0,200}(?:\$\(\s*(?:env|printenv)\s*\)|`(?:env|printenv)`)|requests\.(?:post|put)\([^\n]{0,200}(?:json|data)\s*=\s*(?:dict\()?os\.environ\b(?!\s*[.[])|fetch\([^\n]{0,200}JSON\.stringify\(process\.env\)/i,
    scope: 'line',
  },
  {
    id: 'safety/exfiltration',
    severity: 'quarantine',
    message: 'Asks the agent to send keys or private files to an address.',
    hint: READ_ONLY_HINT,
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
    hint: READ_ONLY_HINT,
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

/** Commands that destroy, take over or hide what they do. */
const COMMANDS: readonly TextRule[] = [
  {
    id: 'safety/destructive-command',
    severity: 'block',
    message: 'Deletes a whole disk, system or home folder.',
    words: [
      'rm -',
      'rm --',
      'mkfs',
      'of=/dev/',
      '> /dev/sd',
      '> /dev/nvme',
      '>/dev/sd',
      'format c:',
      'rd /s',
      'del /',
      'rmtree(',
      'remove-item',
      '--no-preserve-root',
      ':(){',
      ': () {',
      'find / ',
      'shred ',
    ],
    pattern:
      /\brm\s+(?:-{1,2}[\w-]+\s+)*-(?:[a-z]*r[a-z]*f|[a-z]*f[a-z]*r|r\s+-f|f\s+-r|-recursive\s+--force|-force\s+--recursive)[a-z]*\s+(?:-{1,2}[\w-]+\s+)*["']?(?:\/(?:\*|bin|boot|dev|etc|home|lib|opt|root|sbin|sys|usr|var|Users|System)?\/?\*?["']?(?=\s|$|[;&|`)"'])|(?:~|\$HOME|\$\{HOME\})\/?\*?["']?(?=\s|$|[;&|`)"']))|--no-preserve-root\b|\bmkfs(?:\.\w+)?\s+(?:-\w+\s+)*\/dev\/|\bdd\b[^\n]{0,120}\bof=\/dev\/(?:sd|nvme|hd|vd|disk|mmcblk)|>\s?\/dev\/(?:sd[a-z]|nvme\d)|\bformat\s+c:\s*(?:\/\w|$)|\b(?:rd|rmdir)\s+\/s\s+(?:\/q\s+)?["']?c:\\?["']?(?:\s|$)|\bdel\s+(?:\/[fsq]\s+){1,3}c:\\(?:\*|windows)|shutil\.rmtree\(\s*["'](?:\/|~|\/home|C:\\\\)["']|Remove-Item\s[^\n]{0,60}-Recurse[^\n]{0,30}\s["']?(?:C:\\["']?(?:\s|$)|\$HOME|~)|:\s?\(\)\s?\{\s?:\s?\|\s?:\s?&\s?\}\s?;\s?:|\bfind\s+\/\s+[^\n]{0,60}-delete\b|\bshred\s+[^\n]{0,40}\/dev\/(?:sd|nvme)/i,
    scope: 'line',
  },
  {
    id: 'safety/destructive-command',
    severity: 'warn',
    message: 'Opens up or overwrites things that are hard to bring back.',
    words: [
      'chmod -r 777',
      'chmod 777 -r',
      'push --force',
      'push -f',
      'drop database',
      'reset --hard',
      'truncate table',
      'kill -9 -1',
    ],
    pattern:
      /\bchmod\s+(?:-R\s+)?0?777\s+(?:-R\s+)?\/(?:\s|$)|\bgit\s+push\s+(?:\S+\s+){0,3}(?:--force(?!-with-lease)|-f)\b|\bdrop\s+database\s+(?!if exists\s+test)\w|\bkill\s+-9\s+-1\b/i,
    scope: 'line',
  },
  {
    id: 'safety/reverse-shell',
    severity: 'block',
    message: 'Opens a shell on this machine to somebody elsewhere.',
    words: [
      '/dev/tcp/',
      '/dev/udp/',
      'nc -e',
      'ncat -e',
      'netcat -e',
      'nc -c',
      'pty.spawn',
      'os.dup2',
      'socat ',
      'mkfifo',
      'tcpclient(',
    ],
    pattern:
      /\b(?:ba|z|da|k)?sh\s+-i\s*[>&<]+[^\n]{0,20}\/dev\/(?:tcp|udp)\/|\/dev\/(?:tcp|udp)\/[\w.$-]+\/\$?\w+[^\n]{0,20}(?:0>&1|<&|>&)|\bexec\s+\d+<>\s*\/dev\/(?:tcp|udp)\/|\b(?:nc|ncat|netcat)\b[^\n]{0,80}\s-(?:e|c)\s+["']?(?:\/bin\/|cmd|powershell|(?:ba|z)?sh\b)|socket\.socket[^\n]{0,200}os\.dup2|os\.dup2\([^\n]{0,120}(?:pty\.spawn|subprocess|\/bin\/)|\bsocat\b[^\n]{0,100}\bexec:["']?(?:\/bin\/)?(?:ba|z)?sh|\bmkfifo\b[^\n]{0,100}\|\s*\/?(?:bin\/)?(?:ba)?sh[^\n]{0,60}\b(?:nc|ncat|openssl)\b|Sockets\.TCPClient\([^\n]{0,200}(?:iex|Invoke-Expression|GetStream)/i,
    scope: 'line',
  },
  {
    id: 'safety/remote-code',
    severity: 'quarantine',
    message: 'Runs a program straight from an unprotected or hidden address.',
    hint: 'Download from a known https address, check it, then run it.',
    words: ['curl', 'wget'],
    pattern:
      /\b(?:curl|wget)\b[^\n|]{0,300}(?:http:\/\/(?!localhost|127\.0\.0\.1)|https?:\/\/(?:\d{1,3}\.){3}\d{1,3}|pastebin|bit\.ly|tinyurl|transfer\.sh|gist\.githubusercontent)[^\n|]{0,300}\|\s*(?:sudo\s+)?(?:\S*\/)?(?:env\s+)?(?:ba|z|da|k)?(?:sh|python3?|node|perl|ruby|php)(?![\w.-])/i,
    scope: 'line',
  },
  {
    id: 'safety/remote-code',
    severity: 'warn',
    message: 'Runs a program straight from the network.',
    hint: 'Download it, check it, then run it.',
    words: [
      'curl',
      'wget',
      'downloadstring',
      'invoke-webrequest',
      'iwr ',
      'irm http',
      'irm -',
      '| iex',
      'iex (',
      'iex(',
      'urlopen(',
      'requests.get(',
    ],
    pattern:
      /\b(?:curl|wget)\b[^|]{0,400}\|\s*(?:sudo\s+)?(?:-\w+\s+)*(?:\S*\/)?(?:env\s+)?(?:(?:ba|z|da|k)?sh|python3?|node|perl|ruby|php)(?![\w.-])|\b(?:ba|z)?sh\s+(?:-c\s+)?["']?(?:<\(|\$\()\s*(?:curl|wget)\b|\beval\s+["']?\$\(\s*(?:curl|wget)\b|\bsource\s+<\(\s*(?:curl|wget)|\b(?:iex|Invoke-Expression)\b[^\n]{0,120}(?:DownloadString|Invoke-WebRequest|\biwr\b|\birm\b)|\b(?:DownloadString|iwr|irm|Invoke-WebRequest)\b[^\n]{0,200}\|\s*(?:iex|Invoke-Expression)\b|\bexec\(\s*(?:urllib[\w.]*\.urlopen|urlopen|requests\.get)\(/i,
    scope: 'line',
  },
  {
    id: 'safety/obfuscated-command',
    severity: 'block',
    message: 'Decodes hidden text and runs it.',
    words: [
      'base64',
      'b64decode',
      'atob(',
      'encodedcommand',
      '-enc ',
      'xxd -r',
      'fromhex(',
      'openssl enc',
      "'base64'",
      'gunzip',
      'rev |',
      'fromcharcode',
      'marshal.loads',
    ],
    pattern:
      /\bbase64\s+(?:-d|-D|--decode|-di)\b[^\n]{0,80}\|\s*(?:sudo\s+)?(?:\S*\/)?(?:(?:ba|z|da)?sh|python3?|node|perl)(?![\w.-])|\b(?:ba|z)?sh\s+(?:-c\s+)?["']?(?:<\(|\$\()[^\n]{0,200}\bbase64\s+(?:-d|-D|--decode)|\beval\s+["']?\$\([^\n]{0,200}\bbase64\s+(?:-d|-D|--decode)|\b(?:exec|eval)\(\s*(?:compile\(\s*)?(?:__import__\(["']base64["']\)\.|base64\.|codecs\.|zlib\.decompress\(\s*)?(?:b64decode|decode|atob|base64)\w*\(|\b(?:eval|Function)\(\s*(?:atob|Buffer\.from|String\.fromCharCode|unescape)\(|\bpowershell(?:\.exe)?\b[^\n]{0,80}\s-(?:e|ec|enc|encodedcommand)\s+[A-Za-z0-9+/=]{16,}|\bxxd\s+-r\b[^\n]{0,60}\|\s*(?:ba|z)?sh\b|\bexec\(\s*(?:bytes\.fromhex|bytearray\.fromhex|marshal\.loads)\(|\|\s*rev\s*\|\s*(?:ba|z)?sh\b/i,
    scope: 'line',
  },
  {
    id: 'safety/obfuscated-command',
    severity: 'quarantine',
    message: 'Writes a command so that it can’t be read.',
    words: ['${ifs}', '$ifs', '\\x', '__import__(', 'fromcharcode(', 'chr('],
    pattern:
      /\b\w+\$\{?IFS\}?[\w$-]|\b(?:printf|echo\s+-e)\s+["'](?:\\x[0-9a-f]{2}){8,}["']\s*\|\s*(?:ba|z)?sh|(?:\\x[0-9a-f]{2}){40,}|__import__\(\s*["']os["']\s*\)\.(?:system|popen)|String\.fromCharCode\((?:\s*\d+\s*,){20,}|(?:chr\(\d+\)\s*[+.]\s*){12,}/i,
    scope: 'line',
  },
  {
    id: 'safety/persistence',
    severity: 'quarantine',
    message: 'Makes something run or get in again later.',
    hint: READ_ONLY_HINT,
    words: [
      'authorized_keys',
      'crontab',
      '/etc/cron',
      '.bashrc',
      '.zshrc',
      '.profile',
      '.bash_profile',
      'launchagents',
      'launchdaemons',
      'schtasks',
      'currentversion\\run',
      '/etc/sudoers',
      '/etc/ld.so.preload',
      'git/hooks',
    ],
    pattern:
      /(?:>>?|tee\s+(?:-a\s+)?)\s*["']?[^\s"'|;]{0,60}(?:authorized_keys|\/etc\/cron[\w./]*|\/etc\/sudoers[\w./]*|\/etc\/ld\.so\.preload)|\|\s*crontab\s+-|\b(?:curl|wget|nc|base64|bash\s+-c)\b[^\n]{0,160}(?:>>?|tee\s+-a)\s*["']?(?:~|\$HOME|\$\{HOME\})\/\.(?:bashrc|zshrc|profile|bash_profile)|\bcp\b[^\n]{0,100}Launch(?:Agents|Daemons)|\bschtasks\s+\/create\b|CurrentVersion\\+Run\b/i,
    scope: 'line',
  },
  {
    id: 'safety/known-malware',
    severity: 'block',
    message: 'Names a tool that is known to be malware.',
    words: ['clawdauthenticatortool', 'xmrig', 'coinhive'],
    pattern: /ClawdAuthenticatorTool|\bxmrig\b[^\n]{0,120}(?:-o|--url|pool)|\bcoinhive(?:\.min)?\.js\b/i,
    scope: 'line',
  },
];

/** Words that an example has in place of a real key. */
const NOT_A_SECRET =
  /example|sample|dummy|placeholder|your|xxxx|\.\.\.|redacted|changeme|test_?key|fake|1234567|abcdef/i;

const SECRETS: readonly TextRule[] = [
  {
    id: 'safety/secret',
    severity: 'quarantine',
    message: 'Holds what looks like a real key.',
    hint: 'Take it out and make it invalid: everybody who gets this skill gets the key.',
    words: [
      'sk-',
      'gsk_',
      'xai-',
      'hf_',
      'tvly-',
      'aiza',
      'ghp_',
      'gho_',
      'ghs_',
      'ghu_',
      'ghr_',
      'github_pat_',
      'glpat-',
      'npm_',
      'xox',
      'akia',
      'asia',
      'sk_live_',
      'rk_live_',
      'sg.',
      'dop_v1_',
      'eyj',
    ],
    pattern:
      /(?<![\w-])(?:sk-(?:or-v1-|ant-(?:api\d\d-)?|proj-|svcacct-)?(?=[\w-]*\d)(?=[\w-]*[A-Z]|[\w-]*[a-z])[A-Za-z0-9_-]{24,}|(?:gsk|hf|npm)_(?=\w*\d)[A-Za-z0-9]{30,}|(?:xai|tvly)-(?=[\w-]*\d)[A-Za-z0-9-]{24,}|AIza[A-Za-z0-9_-]{35}|gh[opsur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}|glpat-[A-Za-z0-9_-]{20,}|xox[abposr]-\d[A-Za-z0-9-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|[sr]k_live_[A-Za-z0-9]{20,}|SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,}|dop_v1_[a-f0-9]{60,}|eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,})/,
    scope: 'line',
  },
  {
    id: 'safety/secret',
    severity: 'quarantine',
    message: 'Holds a private key.',
    hint: 'Take it out and make it invalid: everybody who gets this skill gets the key.',
    words: ['private key-----'],
    pattern: /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=\s\\]{60,}/,
    scope: 'around',
  },
];

/** True if a rule's match is only an example: a key with a telling word in it. */
export function isExample(rule: TextRule, match: string): boolean {
  return rule.id === 'safety/secret' && NOT_A_SECRET.test(match);
}

export const TEXT_RULES: readonly TextRule[] = [...INJECTION, ...EXFILTRATION, ...COMMANDS, ...SECRETS];
