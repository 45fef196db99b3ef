"""Check an export with Label Studio's own SDK: the config, every task, annotation and prediction, and its converter."""

import json
import sys
from pathlib import Path

from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

folder, out = map(Path, sys.argv[1:])
config = (folder / "config.xml").read_text("utf-8")
tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
interface = LabelInterface(config)
interface.validate()
checked = 0
for number, task in enumerate(tasks, start=1):
    assert interface.validate_task({"data": task["data"]})
    for said in (*task["annotations"], *task["predictions"]):
        # What holds for a prediction's result holds for an annotation's; only here all errors are told.
        errors = interface.validate_prediction(said, return_errors=True)
        assert not errors, errors
        checked += 1
        for result in said["result"]:
            value = result["value"]
            if "start" in value:
                assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
    # What Label Studio adds when it imports.
    task["id"] = number
    for place, annotation in enumerate(task["annotations"], start=1):
        annotation |= {"id": place, "completed_by": 1}
source = out / "exported.json"
source.write_text(json.dumps(tasks), "utf-8")
Converter(config, str(folder)).convert_to_json(str(source), str(out), is_dir=False)
converted = json.loads((out / "result.json").read_text("utf-8"))
assert len(converted) == len(tasks)
sys.stdout.write(json.dumps({"tasks": len(tasks), "checked": checked}))
