/** The queue of films as the dashboard shows it. `src/farm` reads the queue; this room only serves what it gets. */
export interface FilmsView {
  /** A page of HTML. @throws {AppError} QUEUE_UNAVAILABLE */
  page(): Promise<string>;
  /** The same for programs. @throws {AppError} QUEUE_UNAVAILABLE */
  json(): Promise<string>;
}
