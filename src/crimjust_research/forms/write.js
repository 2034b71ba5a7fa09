// Puts values into the cells of parameters of the notebook that a kernel runs, and runs it, where JupyterLab lets its
// application be reached: the kernel is sent what stands in these cells, and sends what is to stand there.
(kernel, target, tags, run) => {
  const app = window.jupyterapp;
  const panels = [...(app?.shell.widgets("main") ?? [])].filter(
    (each) => each.sessionContext?.session?.kernel?.id === kernel && each.content?.model?.sharedModel?.cells
  );
  const panel = panels.find((each) => each === app.shell.currentWidget) ?? panels[0];
  if (!panel) return;
  const cells = {};
  for (const tag of tags) {
    const cell = panel.content.model.sharedModel.cells.find((each) => each.metadata.tags?.includes(tag));
    if (cell) cells[tag] = cell;
  }
  const comm = panel.sessionContext.session.kernel.createComm(target);
  comm.onMsg = ({ content: { data } }) => {
    for (const [tag, source] of Object.entries(data.sources)) {
      if (cells[tag].source !== source) cells[tag].setSource(source);
    }
    comm.close({ written: true });
    if (run) {
      app.shell.activateById(panel.id);
      app.commands.execute("notebook:run-all-cells");
    }
  };
  comm.open({ sources: Object.fromEntries(Object.entries(cells).map(([tag, cell]) => [tag, cell.source])) });
}
