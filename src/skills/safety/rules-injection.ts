// Rules on texts that give orders to the agent against its user.
import { READ_FIRST, type TextRule } from './rule.ts';

/** Texts that give orders to the agent against its user. */
export const INJECTION: readonly TextRule[] = [
  {
    id: 'safety/prompt-injection',
    severity: 'quarantine',
    message: 'Tells the agent to drop the instructions it was given.',
    hint: READ_FIRST,
    words: ['instruction', 'guideline', 'prompt', 'rules', 'message'],
    pattern:
      /\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|override|bypass)\s+(?:(?:all|any|every|the|your|these|those|of|my|other|and)\s+){0,4}(?:(?:previous|prior|above|earlier|preceding|existing|original|system|safety|developer|foregoing)(?:\s+(?:and|or)\s+\w+)?\s+){1,2}(?:instructions?|guidelines?|prompts?|rules|messages)\b/i,
    scope: 'around',
  },
  {
    id: 'safety/prompt-injection',
    severity: 'quarantine',
    message: 'Gives the agent another identity without rules.',
    hint: READ_FIRST,
    words: ['you are now', 'jailbreak', 'do anything now', 'developer mode'],
    pattern:
      /you are now\s+(?:(?:in|a|an|the)\s+)?(?:dan\b|jailbroken|unrestricted|unfiltered|free (?:of|from)\b|developer mode|no longer bound)|\bdo anything now\b|\b(?:enable|enter|activate)\s+(?:jailbreak|developer) mode\b/i,
    scope: 'around',
  },
  {
    id: 'safety/hidden-from-user',
    severity: 'quarantine',
    message: 'Tells the agent to act behind its user’s back.',
    hint: READ_FIRST,
    words: ['the user', 'the human', 'the operator'],
    pattern:
      /\b(?:do not|don't|never|must not|without)\s+(?:ever\s+)?(?:tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|alert(?:ing)?|warn(?:ing)?|reveal(?:ing)?\s+(?:this|it|that)\s+to|show(?:ing)?\s+(?:this|it|that)\s+to|mention(?:ing)?\s+(?:this|it|that)\s+to)\s+the\s+(?:user|human|operator)\b(?!\s+(?:to|how|which|that\s+(?:everything|it\s+(?:works|succeeded)|you\s+(?:have|did))))/i,
    scope: 'around',
  },
  {
    id: 'safety/hidden-from-user',
    severity: 'quarantine',
    message: 'Tells the agent to conceal what it does from its user.',
    hint: READ_FIRST,
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
    hint: READ_FIRST,
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
