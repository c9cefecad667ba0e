"""The two homes of a chaos series: the ground (broker and S3 server) and the house (`retail run` and the warehouse).

They are two so that something can stand between them; the processes and their supervision are those of every run.
The ground serves all runs of a series. Topics, lake, warehouse and `retail run` serve a few runs, one after another:
making forty tables and starting a driver cost more than a run, and its faults end processes often enough.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from confluent_kafka.admin import AdminClient

from infra.local.processes import find_child
from infra.local.secrets_file import with_secrets
from infra.local.servers import run_dir
from infra.local.stack import down, up
from infra.local.supervision import ChildSpec, Supervisor
from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client
from orchestration.plan import DASHBOARD, MEDALLION, OBSERVER, PUBLISHER
from tests.chaos.fault_proxy import FaultProxy
from tests.chaos.plan import RunPlan
from tests.chaos.topics import Record
from tests.conftest import free_port, free_ports

RETAIL = Path(sys.executable).parent / "retail"
TILL = "till"
# Bounds of patience, not of speed: others may keep the machine busy.
_COMMAND_SECONDS, _STOP_SECONDS = 900.0, 240.0
# One sale from a file: `retail run` wants a source, and all others come from the till.
_FILE = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
)
# Where each process is found: its home and its name there.
PLACES = {
    "kafka": ("ground", "kafka"),
    "s3": ("ground", "s3"),
    "supervisor": ("ground", "supervisor"),
    "warehouse": ("house", "warehouse"),
    "driver": ("house", MEDALLION.name),
    "driver's python": ("house", MEDALLION.name),
    "export": ("house", PUBLISHER),
    "observer": ("house", OBSERVER),
    "dashboard": ("house", DASHBOARD),
    "producer": ("house", TILL),
}


class CommandFailed(AssertionError):
    """A command of `retail` that must end well did not; the message holds what it said."""


@dataclass
class Homes:
    """Both homes under ``folder``, and what runs in them now."""

    folder: Path
    ground: Settings
    prefix: str = ""
    number: int = 0
    tills: int = 0
    gone: list[Record] = field(default_factory=list)
    proxy: FaultProxy = field(init=False)
    _run: subprocess.Popen[bytes] | None = None
    _till: Supervisor | None = field(default=None, repr=False)
    _sold: tuple[RunPlan, float, float] | None = None
    _ports: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.proxy = FaultProxy(self.ground.s3_port).opened()

    @classmethod
    def opened(cls, folder: Path) -> Homes:
        """The homes with a running ground. The caller's own settings count nothing: it cleared them."""
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            home=folder / "ground",
            kafka_port=free_ports(2),
            s3_port=free_port(),
            warehouse="off",
        )
        try:
            return cls(folder, up(settings, _say))
        except BaseException:  # an interruption too leaves no server behind
            down(settings, _say)
            raise

    @property
    def house(self) -> Path:
        """RETAIL_HOME of the run."""
        return self.folder / "house"

    @property
    def journal(self) -> Path:
        """What the till of the run has sent."""
        return self.lake_journal / f"run{self.number}till{self.tills}"

    @property
    def lake_journal(self) -> Path:
        """What the tills of all runs of this lake have sent, a folder for each."""
        return self.folder / "journals" / self.prefix

    @property
    def crash_file(self) -> Path:
        """Names the crash point that is armed."""
        return self.folder / "crash_at"

    def settings(self) -> Settings:
        """Settings of the run, for looking at what it does."""
        values = {name.removeprefix("RETAIL_").lower(): value for name, value in self._own().items()}
        return with_secrets(Settings(_env_file=None, **values))  # type: ignore[call-arg,arg-type]

    def environment(self) -> dict[str, str]:
        """Environment of the run's processes."""
        # Compile quickly rather than well: no driver lives long enough here for more.
        quick = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
        return {k: v for k, v in os.environ.items() if not k.startswith("RETAIL_")} | quick | self._own()

    @property
    def is_running(self) -> bool:
        """Whether `retail run` was started and not ended."""
        return self._run is not None

    def begin(self, plan: RunPlan) -> None:
        """Make ready for a run: `retail run` goes on from the one before, or starts."""
        is_new = not self.prefix
        self.prefix, self.number, self.tills = self.prefix or plan.name, plan.number, 0
        if is_new:
            self.gone = []
            self._forget()  # what a bad or interrupted run of this name left for whoever looks
            shutil.rmtree(self.lake_journal, ignore_errors=True)
            shutil.rmtree(self.house, ignore_errors=True)
            self._ports = {
                f"RETAIL_{name}_PORT": str(free_port()) for name in ("WAREHOUSE", "DASHBOARD", "METRICS")
            }
        self.crash_file.unlink(missing_ok=True)
        if not self.is_running:
            self.start_run()

    def open_till(self, plan: RunPlan, rate: float, seconds: float) -> None:
        """Start a till of the run, with a journal of its own; ``rate`` in lines per second, for so many seconds.

        Until it is closed it goes on at a tenth of that, so that data flows past a late fault too.
        """
        self._sold, self.tills = (plan, rate, seconds), self.tills + 1
        self.journal.mkdir(parents=True)
        shares = [f"--{name}={getattr(plan, name)}" for name in ("late", "duplicates", "broken")]
        pace = [f"--rate={rate}", f"--seconds={seconds}", f"--then={rate / 10}"]
        command = [sys.executable, "-m", "tests.chaos.till", "--folder", str(self.journal)]
        till = ChildSpec(
            name=TILL,
            command=[*command, f"--seed={plan.seed}", *pace, *shares],
            log=self.house / "logs" / f"{TILL}.log",
            env=self.environment(),
            ends=True,
        )
        self._till = Supervisor(run_dir(self.settings()), [till], _say)
        self._till.start()

    def open_till_again(self) -> None:
        """Start another till as the last one, which has been closed."""
        assert self._sold is not None, "one was open"
        self.open_till(*self._sold)

    def start_run(self) -> None:
        """Start `retail run`; what a killed one left is its own business."""
        self.house.mkdir(parents=True, exist_ok=True)
        source = self.folder / "one_sale.csv"
        source.write_text(_FILE, encoding="utf-8")
        log = self.house / "run.log"
        # In the background of a shell Ctrl-C counts nothing, and the run would inherit that.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with log.open("ab") as output:
            self._run = subprocess.Popen(
                [str(RETAIL), "run", "--source", str(source)],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def raise_ground(self) -> None:
        """`retail up` for the ground."""
        up(self.ground, _say)

    def step(self) -> None:
        """Look after the till; raises if `retail run` has given up."""
        if self._till is not None:
            self._till.step()
        if self._run is not None and self._run.poll() is not None:
            told = (self.house / "run.log").read_text(encoding="utf-8", errors="replace")[-2_000:]
            raise CommandFailed(f"`retail run` ended with {self._run.returncode}: {told}")

    def wait(self, seconds: float) -> None:
        """Let the run go on for a while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.step()
            time.sleep(0.2)

    def process(self, target: str) -> psutil.Process | None:
        """The living process behind a target of the plan."""
        if target == "run":
            return psutil.Process(self._run.pid) if self._run is not None else None
        home, name = PLACES[target]
        settings = self.ground if home == "ground" else self.settings()
        found = find_child(run_dir(settings), name)
        if found is None or target != "driver's python":
            return found
        with suppress(psutil.Error):
            return next((p for p in found.children() if p.name().startswith("python")), None)
        return None

    def till_is_done(self) -> bool:
        """Whether the till has ended and everything it sold is acknowledged."""
        return self._till is not None and self._till.status()[0].state == "done"

    def ended_run(self, seconds: float) -> tuple[int, str]:
        """How `retail run` ends by itself, within so many seconds: its exit code and its last words."""
        assert self._run is not None, "it was started"
        try:
            code = self._run.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(f"`retail run` lives on after {seconds:.0f} s, expected its end") from error
        self._run = None
        return code, (self.house / "run.log").read_text(encoding="utf-8", errors="replace")[-2_000:]

    def stop_run(self) -> None:
        """Stop `retail run` as Ctrl-C does; it must end well and soon."""
        if self._run is None:
            return
        self._run.send_signal(signal.SIGINT)
        code, _ = self.ended_run(_STOP_SECONDS)
        if code != 0:
            raise CommandFailed(f"`retail run` ended with {code} after Ctrl-C, expected 0")

    def retail(self, *arguments: str, retries: int = 0, **environment: str) -> str:
        """Output of a command that must end well; exit code 3, worth retrying, may come ``retries`` times."""
        done = self.tried(*arguments, **environment)
        if done.returncode == 3 and retries:
            time.sleep(2.0)
            return self.retail(*arguments, retries=retries - 1, **environment)
        if done.returncode != 0:
            told = (done.stdout + done.stderr)[-3_000:]
            raise CommandFailed(f"`retail {' '.join(arguments)}` ended with {done.returncode}: {told}")
        return done.stdout

    def tried(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """What a command says, however it ends."""
        return subprocess.run(
            [str(RETAIL), *arguments],
            env=self.environment() | environment,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )

    def close_till(self) -> None:
        """End a till that still runs."""
        if self._till is not None:
            self._till.stop()
        self._till = None

    def end_run(self) -> None:
        """End what still runs, however; servers and data stay."""
        if self._run is not None:
            with suppress(ProcessLookupError):
                self._run.kill()
            self._run.wait()
        self._run = None
        self.close_till()

    def leave_lake(self, is_kept: bool) -> None:
        """The next run makes a lake of its own. This one goes, or is kept for whoever looks at a failure."""
        if not self.prefix:
            return
        self.end_run()
        self.tried("down")
        if is_kept:
            shutil.copytree(self.house / "logs", self.journal / "logs", dirs_exist_ok=True)
            shutil.copy(self.house / "run.log", self.journal / "run.log")
        else:
            shutil.rmtree(self.lake_journal, ignore_errors=True)
            self._forget()
        shutil.rmtree(self.house, ignore_errors=True)
        self.prefix = ""

    def close(self) -> None:
        """Stop what stands between the homes, and the ground."""
        self.proxy.close()
        down(self.ground, _say)

    def _forget(self) -> None:
        """Topics and lake of the run: a ground of many runs would fill up."""
        admin = AdminClient({"bootstrap.servers": self.ground.bootstrap, "log_level": 0})
        topics = [name for name in admin.list_topics(timeout=20).topics if name.startswith(f"{self.prefix}.")]
        for future in admin.delete_topics(topics).values() if topics else ():
            future.result(20)
        while {*topics} & {*admin.list_topics(timeout=20).topics}:
            time.sleep(0.2)
        client, bucket = s3_client(self.ground), self.ground.bucket
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{self.prefix}/")
        for page in pages:
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if keys:
                client.delete_objects(Bucket=bucket, Delete={"Objects": keys})  # type: ignore[typeddict-item]

    def _own(self) -> dict[str, str]:
        ground = self.ground
        return {
            "RETAIL_HOME": str(self.house),
            "RETAIL_KAFKA_BOOTSTRAP": ground.bootstrap,
            "RETAIL_S3_ENDPOINT": self.proxy.endpoint,
            "RETAIL_S3_ACCESS_KEY": ground.s3_access_key,
            "RETAIL_S3_SECRET_KEY": ground.s3_secret_key.get_secret_value(),
            "RETAIL_TOPIC_PREFIX": f"{self.prefix}.",
            "RETAIL_LAKE_PREFIX": self.prefix,
            "RETAIL_CRASH_AT": f"@{self.crash_file}",
            "RETAIL_CANARY_SECONDS": "0",
            "RETAIL_VERIFY_SECONDS": "120",
            # Tables that are made of facts beside the batches: their crashes are tests/lakehouse/storage's.
            "RETAIL_STOCK_SECONDS": "0",
            "RETAIL_CUSTOMERS_SECONDS": "0",
            **self._ports,
        }


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
    sys.stderr.flush()
