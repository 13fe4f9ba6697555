from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q


def close(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What was held out stays so under its new word; gated data are closed unless somebody opens them."""
    versions = apps.get_model("evaluations", "BenchmarkVersion").objects
    held_out = Q(definition__held_out=True)
    versions.filter(held_out | Q(needs__contains=["gated"])).update(confidential=True)


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0007_run_needs")]
    operations = [migrations.RunPython(close, migrations.RunPython.noop)]
