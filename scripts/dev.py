"""What the Makefile calls: sets up .venv when it has to, and runs one target in it.

Standard library only, and no syntax newer than Python 3.0: an unfit Python gets one line that says what to do.
"""

import glob
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "extend-dev-stamp")
DEV = os.path.join(ROOT, ".dev")
LOGS = os.path.join(DEV, "logs")
OLDEST, TOO_NEW = (3, 11), (3, 15)
CONSTRAINTS = os.path.join("constraints", "airflow-3.3.txt")
INSTALL = ["install", "-c", CONSTRAINTS, "-e", ".[dev,stores,system]"]

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
DROPPED = ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
DROPPED += ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")
LOOPBACK = "127.0.0.1,localhost"

# The fast tests sleep more than they compute: four at a time on two cores.
PARALLEL = ["-n", "4", "--dist", "worksteal"]
PACKAGE = "airflow_provider_extend"
GATED = ("api/*", "client.py", "gate/*", "hooks/*", "operators/*", "sensors/*", "triggers/*")
GATED += ("cancelling.py", "decisions.py", "searching.py", "waiting.py")
GATED += ("gate_cli.py", "gate_files.py")
# Tests of what imports no Airflow, not even on use: on another Airflow they would tell the same again.
WITHOUT_AIRFLOW = (
    "api",
    "demo",
    "emulator",
    "gate/simulation",
    "scripts",
    "sdk",
    "triggers/test_schedule.py",
)
WITHOUT_AIRFLOW += tuple(
    "gate/test_%s.py" % name
    for name in ("explain", "html", "intervals", "judge", "markdown", "plan", "properties", "rules_file")
    + ("selectors", "size", "summary")
)
WITHOUT_AIRFLOW += tuple("benchmarks/test_%s.py" % name for name in ("account", "report", "stub"))
# What the tests on real processes show of the oldest Airflow as well: the examples.
ON_REAL_PROCESSES = ("dags/test_example_dags.py", "dags/test_families.py", "dags/test_gate_examples.py")
COVERED = ",".join(PACKAGE + "/" + path for path in GATED)


class Failed(Exception):
    """A step failed and has said so: the number is the exit code."""


class Stopped(BaseException):
    """A signal came: the number is the signal's."""


# ------------------------------------------------------------------------------------ Python, environment


def python_problem(version, can_venv, target, others=(), windows=False):
    """Return one line that mends an unfit Python, or None."""
    if windows:
        return "Airflow does not run on Windows itself: run make %s in WSL or in a Linux container." % target
    name = "%d.%d" % tuple(version[:2])
    if OLDEST <= tuple(version[:2]) < TOO_NEW:
        if can_venv:
            return None
        return (
            "Python %s has no venv or ensurepip: install them (Debian, Ubuntu: apt-get install python%s-venv) "
            "and run make %s again." % (name, name, target)
        )
    mend = "make %s PYTHON=%s" % (target, others[0] if others else "python3.12")
    if not others:
        mend = "install Python 3.12 with its venv module, then: " + mend
    return "Python %s does not fit, 3.11 to 3.14 do: %s" % (name, mend)


def clean_env(environ):
    """Return the environment for children: without what would lead them to another Airflow or Python."""
    env = {k: v for k, v in environ.items() if not k.startswith("AIRFLOW") and k not in DROPPED}
    env["AIRFLOW_HOME"] = os.path.join(DEV, "airflow")  # never ~/airflow, whatever a step imports
    inherited = env.get("NO_PROXY") or env.get("no_proxy")
    env["NO_PROXY"] = env["no_proxy"] = LOOPBACK + ("," + inherited if inherited else "")
    for name in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS"):  # newer and older uv: trust what this machine trusts
        env.setdefault(name, "1")
    return env


def answers(host, port):
    """Tell whether something accepts TCP connections there."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError:
        return False
    return True


def without_dead_proxies(env, probe=answers):
    """Return the environment less the proxies that do not answer, and a line about each of those."""
    kept, lines = dict(env), []
    for name in sorted(env):
        if name.lower() not in PROXIES or not env[name]:
            continue
        try:
            url = urlsplit(env[name] if "://" in env[name] else "http://" + env[name])
            host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        except ValueError:
            host, port = "", 0
        if not (host and probe(host, port)):
            del kept[name]
            lines.append("%s (%s:%s) does not answer: set up without it" % (name, host or "?", port))
    return kept, lines


def stamp(parts):
    """Return what .venv was made from, as one line."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode("utf-8"))
        digest.update(b"\0")
    return digest.hexdigest()


def read(*path):
    """Return a file's bytes, none if there is no such file."""
    try:
        with open(os.path.join(ROOT, *path), "rb") as file:
            return file.read()
    except OSError:
        return b""


# ---------------------------------------------------------------------------------------------- processes


def end(child):
    """End a child and all of its process group: ask twice, then insist. A second Ctrl-C insists at once."""
    try:
        for number, patience in ((signal.SIGINT, 10), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(child.pid, number)
            except OSError:
                return  # nobody is left
            give_up = time.time() + patience
            while time.time() < give_up:
                if child.poll() is not None:  # what it has left behind gets a second
                    give_up = min(give_up, time.time() + 1) if number == signal.SIGINT else give_up
                try:
                    os.killpg(child.pid, 0)
                except OSError:
                    return
                time.sleep(0.05)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)


def call(command, env, output=None):
    """Run a command from the repository's root in a process group of its own and return its exit code."""
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
    )
    try:
        return child.wait()
    except BaseException:
        end(child)
        raise


def step(name, command, env, must=True):
    """Run a command with its output in a log; when it fails, show the end of that. Return whether it passed."""
    os.makedirs(LOGS, exist_ok=True)
    path = os.path.join(LOGS, name.replace(" ", "-") + ".log")
    print("  %-24s " % name, end="", flush=True)
    started = time.time()
    with open(path, "wb") as log:
        code = call(command, env, log)
    print("%s %.1f s" % ("failed" if code else "ok", time.time() - started), flush=True)
    if code and must:
        with open(path, encoding="utf-8", errors="replace") as log:
            print("".join(log.readlines()[-30:]).rstrip())
        print("%s failed (exit code %d); all of its output: %s" % (name, code, path))
        raise Failed(code if 0 < code < 128 else 1)
    return not code


def live(command, env):
    """Run a command with its output as it comes."""
    sys.stdout.flush()
    code = call(command, env)
    if code:
        raise Failed(code if 0 < code < 128 else 1)


# ------------------------------------------------------------------------------------------------- set-up


def setup(env):
    """Make .venv and install into it, unless its stamp says that this very thing is there."""
    python = "%d.%d.%d" % sys.version_info[:3]
    wanted = stamp([read("pyproject.toml"), read(CONSTRAINTS), python, ROOT])
    if read(STAMP).decode() == wanted and works([PYTHON, "-c", ""], env):
        return
    os.makedirs(DEV, exist_ok=True)
    import fcntl  # not on Windows

    with open(os.path.join(DEV, "setup.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if read(STAMP).decode() == wanted:
            return  # another make has just done it
        print("Setting up .venv (once; a minute or so):", flush=True)
        env, lines = without_dead_proxies(env)
        for line in lines:
            print("  " + line)
        same = "import sys; sys.exit(sys.version_info[:3] != %r)" % (sys.version_info[:3],)
        if not works([PYTHON, "-c", same], env) or not works([PYTHON, "-m", "pip", "--version"], env):
            step("make .venv", [sys.executable, "-m", "venv", "--clear", VENV], env)
        uv = [shutil.which("uv")] if shutil.which("uv") else [PYTHON, "-m", "uv"]
        if not works(uv + ["--version"], env):
            uv = [PYTHON, "-m", "uv"]
            step("get uv", [PYTHON, "-m", "pip", "install", "-c", CONSTRAINTS, "uv"], env, must=False)
        with_uv = uv + ["pip", INSTALL[0], "--python", PYTHON] + INSTALL[1:]
        if not works(uv + ["--version"], env) or not step("install with uv", with_uv, env, must=False):
            step("install with pip", [PYTHON, "-m", "pip"] + INSTALL, env)
        with open(STAMP, "w") as file:
            file.write(wanted)


def works(command, env):
    """Tell whether a command can be run and passes; what it prints is nobody's business."""
    try:
        return not call(command, env, subprocess.DEVNULL)
    except OSError:
        return False


def fits(python):
    """Tell whether there is such a Python with which the set-up would work."""
    check = "import sys, venv, ensurepip; sys.exit(not %r <= sys.version_info[:2] < %r)" % (OLDEST, TOO_NEW)
    return bool(shutil.which(python)) and works([python, "-c", check], os.environ)


def refuse_unfit_python(target):
    """Exit with one line if this Python cannot do the set-up."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401

        can_venv = True
    except ImportError:
        can_venv = False
    others = []
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        others = [name for name in ("python3.13", "python3.12", "python3.11", "python3.14") if fits(name)]
    problem = python_problem(sys.version_info, can_venv, target, others, os.name == "nt")
    if problem:
        sys.exit(problem)


# ------------------------------------------------------------------------------------------------ targets


def demo(env, args):
    """Show the provider at work."""
    live([PYTHON, "-m", "demo"] + args, env)


def test(env, args):
    """Run the tests that start no processes of their own."""
    live([PYTHON, "-m", "pytest", "-q", "-m", "not slow"] + PARALLEL + args, env)


def lint(env, args):
    """Check style and form."""
    step("ruff check", [PYTHON, "-m", "ruff", "check", "."], env)
    step("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."], env)


def ui(env, args):
    """Start a local Airflow with its UI, and a local Extend, to click through."""
    live([PYTHON, "-m", "demo.ui"] + args, env)


def types(env, args):
    """Check the types."""
    step("types of the resources", [PYTHON, os.path.join("scripts", "resources.py"), "--check"], env)
    step("mypy", [PYTHON, "-m", "mypy", "--strict", PACKAGE], env)


def generated_docs(env):
    """Check that what is generated of the documentation is what would be generated now."""
    step("coverage of the API", [PYTHON, os.path.join("scripts", "api_coverage.py"), "--check"], env)


def docs_check(env, args):
    """Check the documentation."""
    generated_docs(env)
    step("docs tests", [PYTHON, "-m", "pytest", "-q", os.path.join("tests", "docs")], env)


def floor_env(env):
    """Make the environment of the oldest Airflow of the range, and return its Python; None if this one does not do."""
    if sys.version_info >= (3, 13):
        print("Airflow 3.0 needs Python 3.11 or 3.12, this is %d.%d" % sys.version_info[:2])
        return None
    python = os.path.join(ROOT, ".dev", "airflow-3.0", "bin", "python")
    mark = os.path.join(ROOT, ".dev", "airflow-3.0", "extend-dev-stamp")
    pins = os.path.join("constraints", "airflow-3.0.txt")
    wanted = stamp([read("pyproject.toml"), read(pins), "%d.%d.%d" % sys.version_info[:3], ROOT])
    if read(mark).decode() == wanted and works([python, "-c", ""], env):
        return python
    home = os.path.join(".dev", "airflow-3.0")
    uv = [PYTHON, "-m", "uv"]
    online = without_dead_proxies(env)[0]
    step("Airflow 3.0: venv", uv + ["venv", "--quiet", "--clear", "--python", PYTHON, home], env)
    install = ["pip", "install", "--python", python, "-c", pins, "-e", ".[dev,parquet]"]
    step("Airflow 3.0: install", uv + install, online)
    with open(mark, "w") as file:
        file.write(wanted)
    return python


def test_floor(env, args):
    """Run the fast tests on the oldest Airflow of the range, in an environment of its own."""
    python = floor_env(env)
    if not python:
        return
    # The search for leaks switches Airflow's masking off, and 3.0's own debug lines quote the connection then.
    leaks = os.path.join("tests", "test_leaks.py")
    tests = ["-q", "-m", "not slow", report("floor"), "--ignore", leaks]
    for path in WITHOUT_AIRFLOW + ON_REAL_PROCESSES:
        tests += ["--ignore", os.path.join("tests", *path.split("/"))]
    # `dag.test()` of 3.0 leaves event loops to the garbage collector, which finds them in anybody's test.
    tests += ["-W", "ignore::pytest.PytestUnraisableExceptionWarning"]
    # One at a time: they run beside real processes of the newest Airflow.
    live([python, "-m", "pytest"] + tests + args, env)


def debian_packages(env, wanted):
    """Install what is missing of {package: its program by any name} if this is Debian and we are root; else say so.

    Whether it is there then the tests find out: they are skipped without it, or fail in CI.
    """
    path = os.pathsep.join([env.get("PATH", "")] + sorted(glob.glob("/usr/lib/postgresql/*/bin")))
    missing = sorted(
        package
        for package, programs in wanted.items()
        if not any(shutil.which(program, path=path) for program in programs)
    )
    if not missing:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        print("not installed, and only root on Debian can do it here: %s" % ", ".join(missing))
        return
    quiet = dict(env, DEBIAN_FRONTEND="noninteractive")
    step("apt-get update", ["apt-get", "update"], quiet, must=False)
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    step("apt-get install", install + missing, quiet, must=False)


def test_system(env, args):
    """Run the tests on a real scheduler and triggerer, at both ends of the range."""
    floor_env(env)
    debian_packages(env, {"postgresql": ["initdb"]})
    tests = [os.path.join("tests", "system"), "-q", report("system")]
    live([PYTHON, "-m", "pytest"] + tests + args, env)


def system_tests(env, name, chosen, args=()):
    """Run those of the tests on a real Airflow whose names fit."""
    tests = [os.path.join("tests", "system"), "-q", "-k", chosen, report("system-" + name)]
    live([PYTHON, "-m", "pytest"] + tests + list(args), env)


def test_oldest(env, args):
    """Run all that runs on the oldest Airflow of the range: the fast tests, and those on real processes."""
    test_floor(env, [])
    system_tests(env, "oldest", "airflow-3.0", args)


def test_meanwhile(env, args):
    """Run what is tested while the newest Airflow's real processes wait."""
    test_sdk(env, [])
    test_oldest(env, [])
    mutation(env, ["--seconds", "120"])
    test_browser(env, [])


def test_real_processes(env):
    """Run the tests on real processes of the newest Airflow, and beside them what has time then."""
    floor_env(env)
    debian_packages(env, {"postgresql": ["initdb"]})
    path = os.path.join(LOGS, "test-meanwhile.log")
    command = [sys.executable, os.path.join("scripts", "dev.py"), "test-meanwhile"]
    os.makedirs(LOGS, exist_ok=True)
    with open(path, "wb") as log:
        others = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        system_tests(env, "newest", "not airflow-3.0")
        code = others.wait()
    except BaseException:
        end(others)
        raise
    with open(path, encoding="utf-8", errors="replace") as log:
        print(log.read().rstrip(), flush=True)
    if code:
        raise Failed(code if 0 < code < 128 else 1)


def proofs(env, args):
    """Run the long form of the proofs about paid runs, on the newest Airflow."""
    debian_packages(env, {"postgresql": ["initdb"]})
    names = ["killed_tasks", "who_cancels", "triggerers", "many_waiting", "bad_days"]
    tests = [os.path.join("tests", "system", "test_%s.py" % name) for name in names]
    chosen = ["-k", "airflow-3.3", "-q", report("proofs")]
    live([PYTHON, "-m", "pytest"] + tests + chosen + args, dict(env, EXTEND_PROOFS="long"))


def test_browser(env, args):
    """Run the tests of the connection form, and of what tasks show, in Chromium."""
    browsers = ["chromium", "chromium-browser", "google-chrome"]
    debian_packages(env, {"chromium": browsers, "chromium-driver": ["chromedriver"]})
    tests = [os.path.join("tests", "browser"), "-q", report("browser")]
    live([PYTHON, "-m", "pytest"] + tests + args, env)


def test_sdk(env, args):
    """Run the vendor's own clients against the local Extend; each in a folder, since both have the same import name."""
    with open(os.path.join(ROOT, "constraints", "clients.txt"), encoding="utf-8") as file:
        pins = [line.strip() for line in file if "==" in line]
    online = without_dead_proxies(env)[0]
    for pin in pins:
        folder = os.path.join(DEV, "sdk", pin.partition("==")[2])
        if not os.path.isdir(os.path.join(folder, "extend_ai")):
            pip = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--python", PYTHON]
            step("get " + pin, pip + ["--target", folder, pin], online)
    live([PYTHON, "-m", "pytest", "-q", os.path.join("tests", "sdk"), report("sdk")] + args, env)


def benchmarks(env, args):
    """Measure waiting, imports and the client beside public peers, in an environment that has those."""
    python = os.path.join(ROOT, ".dev", "bench", "bin", "python")
    mark = os.path.join(ROOT, ".dev", "bench", "extend-dev-stamp")
    pins = os.path.join("constraints", "benchmarks.txt")
    wanted = stamp(
        [read("pyproject.toml"), read(pins), read(CONSTRAINTS), "%d.%d.%d" % sys.version_info[:3], ROOT]
    )
    if read(mark).decode() != wanted or not works([python, "-c", ""], env):
        uv = [PYTHON, "-m", "uv"]
        online = without_dead_proxies(env)[0]
        step(
            "peers: venv",
            uv + ["venv", "--quiet", "--clear", "--python", PYTHON, os.path.join(".dev", "bench")],
            env,
        )
        # What the peers need comes first, where the tests need another version of it.
        peers = {line.split(b"==")[0] for line in read(pins).splitlines()}
        others = [line for line in read(CONSTRAINTS).splitlines() if line.split(b"==")[0] not in peers]
        constraints = os.path.join(".dev", "bench-constraints.txt")
        with open(os.path.join(ROOT, constraints), "wb") as file:
            file.write(b"\n".join(others))
        install = ["pip", "install", "--python", python, "-c", constraints, "-r", pins, "-e", "."]
        step("peers: install", uv + install, online)
        with open(mark, "w") as file:
            file.write(wanted)
    live([python, "-m", "benchmarks"] + args, env)


def mutation(env, args):
    """Change the code in small ways and see that tests notice."""
    live([PYTHON, os.path.join("scripts", "mutation.py")] + args, env)


def report(name):
    """Return the option that has pytest write a report, for the count at the end."""
    return "--junitxml=" + os.path.join(".dev", "reports", name + ".xml")


def test_all(env, args):
    """Check everything."""
    shutil.rmtree(os.path.join(DEV, "reports"), ignore_errors=True)
    env = without_dead_proxies(env)[0]  # some tests install packages
    lint(env, [])
    types(env, [])
    generated_docs(env)  # the tests of the documentation are among those that follow
    here = ["-m", "not system and not browser and not sdk", "--cov", "--cov-report=", report("here")]
    live([PYTHON, "-m", "pytest", "-q"] + here + PARALLEL + args, env)
    live([PYTHON, "-m", "coverage", "report", "--include", COVERED, "--fail-under=95"], env)
    test_real_processes(env)
    live([PYTHON, os.path.join("scripts", "proofs.py")], env)


def clean():
    """Remove what make has made; .venv too, if it is ours."""
    for name in [".dev", "dist", "demo-out"] + ([".venv"] if os.path.exists(STAMP) else []):
        shutil.rmtree(os.path.join(ROOT, name), ignore_errors=True)
    for folder, folders, _ in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in (".git", ".venv")]
        for name in [name for name in folders if name in ("__pycache__", ".mypy_cache", ".ruff_cache")]:
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
            folders.remove(name)


TARGETS = {
    "demo": demo,
    "proofs": proofs,
    "test": test,
    "test-all": test_all,
    "test-browser": test_browser,
    "test-floor": test_floor,
    "test-meanwhile": test_meanwhile,
    "test-oldest": test_oldest,
    "test-sdk": test_sdk,
    "test-system": test_system,
    "mutation": mutation,
    "benchmarks": benchmarks,
    "ui": ui,
    "lint": lint,
    "types": types,
    "docs-check": docs_check,
}


def on_signal(number, frame):
    """Turn a signal into an exception, so that every child is ended on the way out."""
    raise Stopped(number)


def main(argv):
    """Run one target and return the exit code."""
    target, args = (argv[:1] or [""])[0], argv[1:]
    if target == "clean":
        clean()
        return 0
    if target not in TARGETS:
        print("usage: dev.py %s [argument ...]" % "|".join(sorted(TARGETS) + ["clean"]))
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    env = clean_env(os.environ)
    try:
        setup(env)
        TARGETS[target](env, args)
    except Failed as failed:
        return failed.args[0]
    except Stopped as stopped:
        print("\nstopped")
        return 128 + stopped.args[0]
    return 0


if __name__ == "__main__":
    refuse_unfit_python((sys.argv[1:] or ["demo"])[0])
    sys.exit(main(sys.argv[1:]))
