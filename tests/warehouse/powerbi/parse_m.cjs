// Reads a JSON object {name: M query} from stdin; writes {name: what Microsoft's Power Query parser says against it}.
const parser = require("@microsoft/powerquery-parser");
const fs = require("fs");

(async () => {
    const faults = {};
    for (const [name, query] of Object.entries(JSON.parse(fs.readFileSync(0, "utf8")))) {
        const task = await parser.TaskUtils.tryLexParse(parser.DefaultSettings, query);
        if (!parser.TaskUtils.isParseStageOk(task)) {
            faults[name] = (task.error && task.error.message) || "cannot be parsed";
        }
    }
    process.stdout.write(JSON.stringify(faults));
})();
