"""Run by a Python that has ``google-genai``: puts one conversation to a Gemini judge and prints what came of it."""

import asyncio
import json
import sys
from dataclasses import asdict

from pipeline.errors.judges import JudgeRefused
from pipeline.judges.choosing import Choice, make_judge
from pipeline.judges.types import CallFailed, Message


async def main(url: str, seconds: float) -> dict[str, object]:
    judge = make_judge(Choice("gemini", "gemini-2.5-flash", url, seconds), {"GEMINI_API_KEY": "k"})
    try:
        talk = [
            Message("system", "판정하세요"),
            Message("user", "자료"),
            Message("assistant", "네"),
            Message("user", "또"),
        ]
        return asdict(await judge.complete(talk, 64))
    except CallFailed as error:
        return {"status": error.status, "retry_after": error.retry_after, "reached": error.reached}
    except JudgeRefused as error:
        return {"refused": error.korean}
    finally:
        await judge.close()


sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1], float(sys.argv[2])))))
