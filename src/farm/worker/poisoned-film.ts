/** Some parts of a film failed for good, so the film is parked. */
export class PoisonedFilm extends Error {
  override readonly name = 'PoisonedFilm';
}
