// Judges answers as the page does: a question with an answer a line, as JSON,
// and for each a word.

import { createInterface } from 'node:readline';

import { judge } from '../../../book/quiz/page/quiz.js';

for await (const line of createInterface({ input: process.stdin })) {
  const { question, given } = JSON.parse(line);
  console.log(judge(question, given));
}
