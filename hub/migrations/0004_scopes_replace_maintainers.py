from django.db import migrations


def copy(apps, schema_editor):
    scope = apps.get_model("hub", "Scope")
    for group in apps.get_model("hub", "WorkingGroup").objects.all():
        for person in group.maintainers.all():
            scope.objects.get_or_create(group=group, person=person, role="maintainer", owner="")


class Migration(migrations.Migration):
    dependencies = [("hub", "0003_scopes_and_former_names")]

    operations = [
        migrations.RunPython(copy, migrations.RunPython.noop),
        migrations.RemoveField("workinggroup", "maintainers"),
    ]
