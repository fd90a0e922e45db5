// Recognises that a command asked a question which nobody can answer.

/** How the last thing written looks when a program waits for an answer. */
const QUESTIONS: readonly RegExp[] = [
  /\[(?:y\/n|yes\/no)[^\]]{0,20}\]\W{0,4}$/i,
  /\((?:y\/n|yes\/no)[^)]{0,20}\)\W{0,4}$/i,
  /\b(?:password|passphrase|passcode|username|login)\b[^\n]{0,120}:\s{0,4}$/i,
  /\b(?:press (?:any key|enter|return)|continue\?|proceed\?|are you sure|overwrite\?)[^\n]{0,60}$/i,
];
/** What programs say when there is no input or no terminal to ask on. */
const COMPLAINTS =
  /EOFError|EOF when reading a line|a terminal is required|not a tty|no tty present|could not read (?:Username|Password)|inappropriate ioctl for device|stdin is not a terminal|cannot prompt|ERR_USE_AFTER_CLOSE: readline/i;

/** True if the end of this output looks like a question, or says that one could not be asked. */
export function asksForInput(output: string): boolean {
  const end = output.trimEnd().slice(-400);
  return QUESTIONS.some((question) => question.test(end)) || COMPLAINTS.test(output.slice(-4_000));
}
