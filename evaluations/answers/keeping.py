"""Keep what a harness answered: one file for each measurement."""

import tempfile
from pathlib import Path

from evaluations.answers import store
from evaluations.answers.convert import BadAnswers, write_parquet
from evaluations.harness.protocol import HarnessFailure, Measurement


def keep_measured(each: Measurement) -> str:
    """SHA-256 of the Parquet file with its prompts and answers. Twice does no harm.

    Raises HarnessFailure: bad_output where they are not those of the measurement, else disk_full or
    unavailable.
    """
    folder = each.samples_path.parent
    try:
        with tempfile.TemporaryDirectory(prefix="answers-", dir=folder) as made:
            target = Path(made) / "answers.parquet"
            write_parquet(
                [each.samples_path, *each.more_samples],
                target,
                metric=each.metric,
                filter_name=each.filter,
                doc_hashes=each.doc_hashes,
                outcomes=each.outcomes,
            )
            return store.keep(target)
    except BadAnswers as error:
        raise HarnessFailure("bad_output", str(error), stage="scoring") from error
    except OSError as error:
        if error.errno is None:
            raise HarnessFailure("unavailable", str(error), stage="scoring") from error
        message = f"No room left for the answers of the model ({error.strerror})."
        raise HarnessFailure("disk_full", message, stage="scoring") from error
