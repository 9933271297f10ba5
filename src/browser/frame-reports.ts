import { type CDPSession, CDPSessionEvent } from 'puppeteer-core';

/**
 * Runs a script in every document of a page, frames with a process of their own included, and keeps what each told last.
 */
export class FrameReports<Report> {
  readonly #binding: string;
  readonly #source: string;
  readonly #sessions = new Map<CDPSession, Map<number, Report>>();

  private constructor(binding: string, source: string) {
    this.#binding = binding;
    this.#source = source;
  }

  /**
   * @param cdp of the page
   * @param binding name of the function by which the script tells a report, as JSON
   * @param source of the script; it takes that function away from the page
   */
  static async install<Report>(cdp: CDPSession, binding: string, source: string): Promise<FrameReports<Report>> {
    const reports = new FrameReports<Report>(binding, source);
    await reports.#attach(cdp);
    return reports;
  }

  /** The latest report of each document that is there. */
  get all(): Report[] {
    return [...this.#sessions.values()].flatMap((reports) => [...reports.values()]);
  }

  async #attach(session: CDPSession): Promise<void> {
    const reports = new Map<number, Report>();
    this.#sessions.set(session, reports);
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === this.#binding) reports.set(executionContextId, JSON.parse(payload) as Report);
    });
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }) => reports.delete(executionContextId));
    session.on('Runtime.executionContextsCleared', () => reports.clear());
    session.on(CDPSessionEvent.SessionAttached, (child) => void this.#attach(child).catch(() => {}));
    session.on(CDPSessionEvent.SessionDetached, (child) => this.#sessions.delete(child));
    await Promise.all([
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('Runtime.addBinding', { name: this.#binding }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: this.#source }),
      session.send('Target.setAutoAttach', {
        autoAttach: true,
        waitForDebuggerOnStart: true,
        flatten: true,
        filter: [{ type: 'iframe' }],
      }),
    ]);
    // It waited, so that the script is there before the frame's own.
    await session.send('Runtime.runIfWaitingForDebugger');
  }
}
