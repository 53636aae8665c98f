import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { loadRecipe, parseRecipe, recipeNames } from '../../../src/train/recipe/load-recipe.ts';

for (const name of recipeNames()) {
  test(`the recipe ${name} is valid and names its source`, async (t) => {
    const { recipe } = await loadRecipe(name);
    t.true(recipe.source.length > 40);
    t.true(recipe.phases.length > 0);
  });
}

test('a recipe that does not exist is refused with the names of those that do', async (t) => {
  const error = await t.throwsAsync(loadRecipe('koalarisation'), { instanceOf: AppError, code: 'USAGE' });
  t.regex(error.message, /one of .*koalarization.* but got koalarisation; did you mean "koalarization"\?/);
});

test('all faults of a recipe are named with their lines', (t) => {
  const text = [
    'source: a recipe with faults',
    'network: { architecture: koala, fresh: true }',
    'phases:',
    '  - name: Colours',
    '    objective: mae',
    '    learningrate: 0.1',
    '    epochs: 0',
  ].join('\n');
  const error = t.throws(() => parseRecipe(text, 'mine.yaml'), {
    instanceOf: AppError,
    code: 'CONFIG_INVALID',
  });
  const lines = error.message.split('\n');
  t.regex(
    lines[0] ?? '',
    /^mine\.yaml:2:26: network\.architecture: expected one of koalarization, .* but got "koala"/,
  );
  t.regex(lines[1] ?? '', /^mine\.yaml:4:11: phases\[0\]\.name: expected lower-case letters/);
  t.regex(lines[2] ?? '', /^mine\.yaml:5:16: phases\[0\]\.objective: expected one of mse, rebalanced, huber/);
  t.regex(
    lines[3] ?? '',
    /^mine\.yaml:6:5: phases\[0\]\.learningrate: unknown key; did you mean "learningRate"\?/,
  );
  t.regex(lines[4] ?? '', /^mine\.yaml:7:13: phases\[0\]\.epochs: expected at least 1 but got 0/);
  t.is(lines.length, 5);
  t.regex(error.cure ?? '', /docs\/training\.md/);
});

test('two phases of the same name are refused', (t) => {
  const text = [
    'source: a recipe with the same phase twice',
    'network: { architecture: koalarization, fresh: true }',
    'phases: [{ name: colours }, { name: colours }]',
  ].join('\n');
  const error = t.throws(() => parseRecipe(text, 'mine.yaml'), { instanceOf: AppError });
  t.regex(error.message, /phases: expected a different name for each phase/);
});
